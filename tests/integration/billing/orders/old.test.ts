import { proveOrders } from './orders.ts';

proveOrders('old');

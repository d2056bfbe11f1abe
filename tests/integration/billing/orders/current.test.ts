import { proveOrders } from './orders.ts';

proveOrders('current');

import { createRoute, z } from '@hono/zod-openapi';
import { demoWorld } from './kernel/demo-world.ts';
import { createRouter, forEverybody, jsonContent } from './kernel/openapi.ts';

const infoSchema = z
  .object({
    name: z.string(),
    version: z.string(),
    payments: z.boolean().openapi({ description: 'Plans can be bought here' }),
    demo: z
      .object({
        accounts: z.array(
          z.object({
            login: z.string(),
            password: z.string(),
            description: z.string(),
            totp: z.string().optional().openapi({ description: 'Current code of the second factor' }),
          }),
        ),
      })
      .nullable()
      .openapi({ description: 'Accounts to try, when the upstream is the simulator' }),
  })
  .openapi('Info', {
    example: {
      name: 'AjaxSecurFlow',
      version: '0.1.0',
      payments: false,
      demo: {
        accounts: [{ login: demoWorld.login, password: demoWorld.password, description: 'Owner of a home' }],
      },
    },
  });

const infoRoute = createRoute({
  method: 'get',
  path: '/info',
  operationId: 'getInfo',
  tags: ['gateway'],
  ...forEverybody,
  summary: 'What this gateway is',
  responses: { 200: jsonContent(infoSchema, 'Name, version, demo accounts') },
});

export type DemoAccount = NonNullable<z.infer<typeof infoSchema>['demo']>['accounts'][number];

export interface InfoDependencies {
  readonly name: string;
  readonly version: string;
  readonly payments: boolean;
  /** Accounts of the simulator, when it is the upstream. */
  readonly demoAccounts: (() => Promise<readonly DemoAccount[]>) | undefined;
}

/** `/api/v1/info`: for everybody, before signing in. */
export function infoRoutes({ name, version, payments, demoAccounts }: InfoDependencies) {
  return createRouter().openapi(infoRoute, async (c) => {
    const demo = demoAccounts === undefined ? null : { accounts: [...(await demoAccounts())] };
    return c.json({ name, version, payments, demo }, 200);
  });
}

import type { Case } from '../../../helpers/case.ts';

/** The configuration throws when it is imported without a database: the tests must not need one. */
export const testCase: Case = {
  fixture: 'singleton-zod',
  args: ['--target', 'catalog', '--protect', 'productRoutes'],
  files: {
    'services/catalog/src/env.ts': (text) =>
      text.replace(
        'PORT: ',
        `DATABASE_URL: z.string().url(),\r
  BROKERS: z.string().min(1),\r
  API_KEY: z.string().min(40),\r
  REGION: z.enum(['blue', 'green']),\r
  WORKERS: z.coerce.number().int(),\r
  PORT: `,
      ),
    'services/catalog/.env.example': (text) => `${text}BROKERS="kafka:9092" # of the cluster\n`,
  },
};

import { z } from 'zod';

const schema = z.object({
  DATABASE_URL: z.string().url(),
  BROKERS: z.string().min(1),
  API_KEY: z.string().min(40),
  REGION: z.enum(['blue', 'green']),
  WORKERS: z.coerce.number().int(),
  PORT: z.coerce.number().default(4102),
  HOST: z.string().default('0.0.0.0'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  AUTH_SERVICE_URL: z.string().url().default('http://localhost:4101'),
  SERVICE_AUTH_SECRET: z.string().min(1).optional(),
});

export const env = schema.parse(process.env);

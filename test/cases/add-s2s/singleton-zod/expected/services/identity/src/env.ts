import { z } from 'zod';

const schema = z.object({
  PORT: z.coerce.number().default(4101),
  HOST: z.string().default('0.0.0.0'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  JWT_SECRET: z.string().min(32),
  SERVICE_AUTH_SECRET: z.string().min(1).optional(),
});

export const env = schema.parse(process.env);

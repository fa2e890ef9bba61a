import { cleanEnv, host, port, str, url } from 'envalid';

export const env = cleanEnv(process.env, {
  PORT: port({ default: 4432 }),
  HOST: host({ default: '0.0.0.0' }),
  LOG_LEVEL: str({ default: 'info' }),
  AUTH_SERVICE_URL: url({ default: 'http://localhost:4431' }),
  SERVICE_AUTH_SECRET: str({ default: undefined }),
});

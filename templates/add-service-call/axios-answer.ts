import { AxiosError, AxiosHeaders } from 'axios';
import { ServiceClientError } from '../add-service-client/service-client.ts';

/**
 * Waits for a typed call the way that axios does: the answer is in `data`, and errors are AxiosErrors. Code that catches
 * ServiceClientErrors itself does without it.
 */
export async function axiosAnswer<T>(call: Promise<T>): Promise<{ data: T }> {
  try {
    return { data: await call };
  } catch (error) {
    throw error instanceof ServiceClientError ? asAxiosError(error) : error;
  }
}

function asAxiosError(error: ServiceClientError): AxiosError {
  const { body: data, kind, status } = error;
  const config = { headers: new AxiosHeaders() };
  if (kind !== 'http' || status === undefined) {
    const { code, message } = (error.cause ?? error) as NodeJS.ErrnoException;
    return new AxiosError(message, code, config);
  }
  const code = status < 500 ? AxiosError.ERR_BAD_REQUEST : AxiosError.ERR_BAD_RESPONSE;
  const response = { config, data, headers: {}, status, statusText: '' };
  return new AxiosError(
    `Request failed with status code ${String(status)}`,
    code,
    config,
    undefined,
    response,
  );
}

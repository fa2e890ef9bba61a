import type { FastifyBaseLogger } from 'fastify';

export type LoggedLines = {
  readonly level: string;
  readonly bindings: object;
  readonly args: readonly unknown[];
}[];

/** A logger that is not pino: it knows nothing of `setBindings`. */
export function plainLogger(lines: LoggedLines, bindings: object = {}): FastifyBaseLogger {
  const log =
    (level: string) =>
    (...args: unknown[]): void => {
      lines.push({ level, bindings, args });
    };
  const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
  return {
    level: 'debug',
    ...Object.fromEntries(levels.map((level) => [level, log(level)])),
    child: (more: object) => plainLogger(lines, { ...bindings, ...more }),
  } as unknown as FastifyBaseLogger;
}

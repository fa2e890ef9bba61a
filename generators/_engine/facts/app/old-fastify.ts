import type { Obstacle } from '../../model/obstacle.ts';
import type { Service } from '../../model/service.ts';

/** Fastify before 4.21 declares no `childLoggerFactory`: code that gives each request its correlation ID does not compile. */
export function findOldFastify({ isOlder, manifest, name }: Service): Obstacle | undefined {
  if (!isOlder('fastify', 4, 21)) return undefined;
  return {
    code: 'E_OLD_DEPENDENCY',
    at: { path: manifest.path },
    message: `${name} depends on fastify ${manifest.dependencies['fastify'] ?? ''}, but correlation IDs in the log of each request require Fastify 4.21 or later.`,
    remedy: 'Update it to ^4.21.0 and run the command again.',
  };
}

import type { Obstacle } from '../../model/obstacle.ts';
import { lineOf } from '../../syntax/tree.ts';
import type { Creation } from './creations.ts';
import type { Survey } from '../../program/survey.ts';

export function noInstance({ files, head: { dir, name } }: Survey): Obstacle {
  return {
    code: 'E_NO_INSTANCE',
    at: { path: dir === '' ? '.' : dir },
    message: `No Fastify instance was found in ${name}: none of its ${files.length} TypeScript files calls fastify() or registers plugins on an instance from a package.`,
    remedy:
      'Choose a service with its own application. add-circuit-breaker and add-service-client need no instance and also work here.',
    manual:
      "At the creation of the instance: await app.register(authMiddleware), with a plugin that calls `client.post('/auth/verify', { token })` in an onRequest hook.",
  };
}

export function ambiguousInstance(survey: Survey, creations: readonly Creation[]): Obstacle {
  return {
    code: 'E_AMBIGUOUS_INSTANCE',
    at: { path: creations[0]?.file ?? survey.head.dir },
    message: `${survey.head.name} creates more than one Fastify instance: ${placesOf(survey, creations)}.`,
    remedy:
      'Only a service with one application is supported; move the other application to its own package.',
  };
}

export function noBinding(survey: Survey, creations: readonly Creation[]): Obstacle {
  return {
    code: 'E_NO_REGISTRATION_PLACE',
    at: { path: creations[0]?.file ?? survey.head.dir },
    message: `The Fastify instance is not assigned to a variable (${placesOf(survey, creations)}).`,
    remedy: 'Assign the instance to a variable, as in `const app = fastify()`, and run the command again.',
  };
}

function placesOf(survey: Survey, creations: readonly Creation[]): string {
  return creations
    .map(({ file, node }) => `${file}:${lineOf(survey.tree(file), node.getStart())}`)
    .join(', ');
}

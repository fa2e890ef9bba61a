import { findService } from '../_engine/facts/app/service.ts';
import { servesTls } from '../_engine/facts/app/instantiations.ts';
import { allowedServices, findAllowedServices } from '../_engine/facts/auth/allowed-services.ts';
import { assertNone, type Obstacle, type Place } from '../_engine/model/obstacle.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { openSurvey } from '../_engine/program/survey.ts';
import { surveyHeads } from '../_engine/repo/services.ts';
import type { AllowedCaller, OptionChoices } from './middleware-options.ts';

/**
 * The services that plugins allow to call without a user, as the code has them.
 * @throws RefusalError E_NO_REGISTRATION_PLACE for a list that cannot be read, E_INVALID_FLAG for names that cannot be told apart
 */
export function findCallers(
  repo: Repo,
  service: Service,
  { alternatives, guardsAll, urlVariable }: Pick<OptionChoices, 'alternatives' | 'guardsAll' | 'urlVariable'>,
): readonly AllowedCaller[] {
  const heads = surveyHeads(repo);
  const { hidden, names } = findAllowedServices(openSurvey(repo, service));
  const callers = names.map((name): AllowedCaller => {
    const head = heads.find((one) => one.name === name);
    const port = head && findService(repo, head.dir)?.app.listen.defaultPort;
    const secure = head !== undefined && servesTls(repo, head);
    const defaultUrl = `${secure ? 'https' : 'http'}://localhost:${String(port ?? 3000)}`;
    const destination = head && { head, port, secure };
    return { name, variable: variableOf(name), defaultUrl, destination };
  });
  const taken = callers.filter(({ variable }, index) => {
    const others = callers.filter((_, at) => at < index).map((one) => one.variable);
    return [urlVariable, ...others].includes(variable);
  });
  assertNone([
    ...hidden.map(cannotRead),
    ...taken.map(notApart),
    ...(callers.length > 0 && alternatives && guardsAll ? [besideAlternatives(service)] : []),
  ]);
  return callers;
}

/** `@acme/billing-service`: `BILLING_SERVICE_URL`. */
function variableOf(name: string): string {
  const words = name
    .replace(/^@[^/]*\//, '')
    .replace(/-(?:service|server|api)$/, '')
    .toUpperCase();
  return `${words.replace(/[^A-Z0-9]+/g, '_')}_SERVICE_URL`;
}

function cannotRead(at: Place): Obstacle {
  return {
    code: 'E_NO_REGISTRATION_PLACE',
    at,
    message: `${at.path}:${String(at.line)} has a list of ${allowedServices} that cannot be read: nobody can tell whose keys are needed.`,
    remedy: 'Write the names of the services there as literals, and run the command again.',
    manual: `${allowedServices}: ['jobs-service']`,
  };
}

/** Keys from one URL would prove two services. */
function notApart({ name, variable }: AllowedCaller): Obstacle {
  return {
    code: 'E_INVALID_FLAG',
    message: `${name} cannot be allowed: ${variable} would be its URL, and is that of another service already.`,
    remedy: 'Rename one of the packages.',
  };
}

function besideAlternatives({ manifest, name }: Service): Obstacle {
  return {
    code: 'E_ROUTE_GUARDED',
    at: { path: manifest.path },
    message: `${name} depends on @fastify/auth and guards all routes: that guard does not know services, so they would get in nowhere.`,
    remedy: 'Guard its plugins instead: run add-auth-middleware with --protect <plugins>.',
  };
}

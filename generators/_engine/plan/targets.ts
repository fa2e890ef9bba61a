import type { Answers, Choice, Generator, Site } from '../model/generator.ts';
import type { Obstacle } from '../model/obstacle.ts';
import type { RelPath } from '../model/paths.ts';
import { isObstacle, type Refusal, refuse } from '../model/refusal.ts';
import type { ServiceHead } from '../model/service.ts';
import type { Ask } from '../generator/answers.ts';
import { globalFlags } from '../generator/options.ts';
import { findAuthService } from '../facts/auth/auth-service.ts';
import { findTarget } from '../repo/services.ts';

/** The services that a run changes. With `'*'` those that cannot be served are noted; named ones must all succeed. */
export interface Targets {
  readonly heads: readonly ServiceHead[];
  readonly every: boolean;
}

/** Finds what `--target` names, or the only service it can mean; asks on a terminal, else lists what it can be. */
export async function chooseTargets(
  generator: Generator,
  given: Answers,
  site: Site,
  ask: Ask | undefined,
): Promise<Targets | Refusal> {
  const wanted = wantedTargets(given['target']);
  if (generator.target === 'recorded' && (wanted === undefined || wanted.includes('*')))
    return { heads: [], every: true };
  if (site.heads.length === 0) return refuse(noFastify(site.repo.root));
  if (wanted === undefined && generator.target === 'auth') return authTarget(site);
  if (wanted?.includes('*') === true) return { heads: withoutAuth(site), every: true };
  if (wanted !== undefined) return namedTargets(site, wanted);

  const candidates = withoutAuth(site);
  const [only] = candidates;
  if (candidates.length === 1 && only !== undefined) return { heads: [only], every: false };
  const choices = candidates.map((head): Choice => ({
    value: head.dir === '' ? head.name : head.dir,
    hint: head.name,
  }));
  if (ask === undefined) return refuse(missingTarget(choices));
  const asked = await ask('target', globalFlags.target, choices);
  return namedTargets(site, wantedTargets(asked) ?? []);
}

function wantedTargets(value: Answers[string]): readonly string[] | undefined {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) && value.length > 0 ? (value as readonly string[]) : undefined;
}

function namedTargets(site: Site, wanted: readonly string[]): Targets | Refusal {
  const found = wanted.map((name) => findTarget(site.heads, name));
  const [first, ...more] = found.filter((one): one is Obstacle => isObstacle(one));
  if (first !== undefined) return refuse(first, ...more);
  const byDir = new Map<RelPath, ServiceHead>();
  for (const head of found) if (!isObstacle(head)) byDir.set(head.dir, head);
  return { heads: [...byDir.values()], every: false };
}

function authTarget(site: Site): Targets | Refusal {
  const auth = findAuthService(site.repo, site.heads);
  return 'ok' in auth ? auth : { heads: [auth], every: false };
}

/** Every service that can be a consumer: all but the one that issues the tokens, when that is clear. */
function withoutAuth(site: Site): readonly ServiceHead[] {
  const auth = findAuthService(site.repo, site.heads);
  const others = site.heads.filter((head) => 'ok' in auth || head.dir !== auth.dir);
  return others.length === 0 ? site.heads : others;
}

function missingTarget(choices: readonly Choice[]): Obstacle {
  const list = choices.map(({ value, hint }) => `${value} (${hint ?? ''})`).join(', ');
  return {
    code: 'E_MISSING_FLAG',
    message: '--target is missing, and there is more than one service.',
    remedy: `Add --target with one or more of: ${list}; or --target '*' for every service.`,
  };
}

function noFastify(root: string): Obstacle {
  return {
    code: 'E_NO_FASTIFY',
    at: { path: '.' },
    message: `No package below ${root} depends on fastify.`,
    remedy: 'Run the command in the repository of your services, or name it with --cwd.',
  };
}

import type { RoutePlugin } from '../../model/app-facts.ts';
import type { RunAnswers } from '../../model/generator.ts';
import { basenameRel, type RelPath } from '../../model/paths.ts';
import { assertNone, type Obstacle, RefusalError } from '../../model/obstacle.ts';
import type { Repo } from '../../model/repo.ts';
import type { Service } from '../../model/service.ts';
import { findService } from '../app/service.ts';

/** Which routes of a service ask for a token: all but the public ones, or those of some plugins. */
export interface Protection {
  readonly all: boolean;
  readonly plugins: readonly RoutePlugin[];
}

/** What `--protect` means for one service. @throws RefusalError with an obstacle for each name that means nothing */
export function chooseProtection(
  repo: Repo,
  service: Service,
  { protect: wanted, targets: others }: Pick<RunAnswers, 'targets'> & { readonly protect: readonly string[] },
): Protection {
  const [only] = wanted;
  if (wanted.length === 1 && only === 'none') return { all: false, plugins: [] };
  if (wanted.length === 1 && only === 'all') return { all: true, plugins: [] };
  const unknown = wanted.filter(
    (name) => pluginsNamed(service, name).length === 0 && !isElsewhere(repo, others, name),
  );
  assertNone(unknown.map((name) => noSuchPlugin(service, name)));
  const plugins = [...new Set(wanted.flatMap((name) => pluginsNamed(service, name)))];
  if (plugins.length === 0) throw new RefusalError(noSuchPlugin(service, wanted.join(', ')));
  const open = plugins.filter(({ file, kind }) => kind !== 'plugin' || file === undefined);
  assertNone(open.map(notEncapsulated));
  return { all: false, plugins };
}

/** By the name in the code, or by file: whole path, or its end with or without the extension. */
export function pluginsNamed({ routes }: Service, name: string): readonly RoutePlugin[] {
  const path = name.replace(/^\.\//, '');
  return routes.filter((plugin) => {
    if (plugin.name === name) return true;
    const { file } = plugin;
    if (file === undefined) return false;
    return [file, file.replace(/\.[cm]?ts$/, '')].some((each) => each === path || each.endsWith(`/${path}`));
  });
}

function isElsewhere(repo: Repo, targets: readonly RelPath[], name: string): boolean {
  return targets.some((target) => {
    const service = findService(repo, target);
    return service !== undefined && pluginsNamed(service, name).length > 0;
  });
}

function noSuchPlugin({ app, name: service, routes }: Service, name: string): Obstacle {
  const known = routes.filter(({ kind }) => kind === 'plugin').map((plugin) => plugin.name);
  return {
    code: 'E_NO_SUCH_PLUGIN',
    at: { path: app.file },
    message: `${service} has no route plugin ${name}.`,
    remedy:
      known.length === 0
        ? 'It has no route plugins: use --protect all, or --protect none and add the hook by hand.'
        : `It has ${known.join(', ')}; or use all or none.`,
    manual: "app.addHook('onRequest', app.authenticate);",
  };
}

function notEncapsulated({ file, kind, name }: RoutePlugin): Obstacle {
  const reason = {
    inline: 'are registered on the application itself',
    shared: 'share the context of their siblings',
    plugin: 'are in a file that was not found',
  }[kind];
  return {
    code: 'E_NOT_ENCAPSULATED',
    ...(file !== undefined && { at: { path: file } }),
    message: `The routes of ${name} ${reason}, so a hook for them would also guard other routes.`,
    remedy: `Use --protect all, or --protect none and { onRequest: app.authenticate } on each route${
      file === undefined ? '' : ` of ${basenameRel(file)}`
    }.`,
    manual: "app.get('/path', { onRequest: app.authenticate }, handler);",
  };
}

const entryForm = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\/[\w\-.~%!$&()*+;=:@/]*)$/;

/** `--public`, a method and a pattern each. @throws RefusalError with an obstacle for each value that is neither */
export function readPublic(answers: {
  readonly public: readonly string[];
  readonly protect: readonly string[];
}): readonly string[] {
  const given = answers.public.map((entry) => entry.trim());
  const chosen = given
    .filter((entry) => entry !== 'none')
    .map((entry) => (entry.startsWith('/') ? `GET ${entry}` : entry));
  const isAll = answers.protect.includes('all');
  assertNone([
    ...chosen.filter((entry) => !entryForm.test(entry)).map(notAnEntry),
    ...(chosen.length > 0 && (!isAll || given.includes('none')) ? [contradiction(isAll)] : []),
  ]);
  return chosen;
}

function notAnEntry(entry: string): Obstacle {
  return {
    code: 'E_INVALID_FLAG',
    message: `--public cannot be ${JSON.stringify(entry)}.`,
    remedy: 'Use none, or routes by method and pattern, such as "GET /health" or "GET /docs/*".',
  };
}

function contradiction(isAll: boolean): Obstacle {
  return {
    code: 'E_INVALID_FLAG',
    message: isAll ? '--public combines none with routes.' : '--public requires --protect all.',
    remedy: isAll ? 'Give either.' : 'Omit it: with route plugins, all other routes are public.',
  };
}

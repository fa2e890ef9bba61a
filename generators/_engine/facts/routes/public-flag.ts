import type { Obstacle } from '../../model/obstacle.ts';

const entryForm = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\/[\w\-.~%!$&()*+;=:@/]*)$/;

/** `--public`, a method and a pattern each; every value that is neither is an obstacle. */
export function readPublic(answers: {
  readonly public: readonly string[];
  readonly protect: readonly string[];
}): readonly string[] | readonly [Obstacle, ...Obstacle[]] {
  const given = answers.public.map((entry) => entry.trim());
  const chosen = given
    .filter((entry) => entry !== 'none')
    .map((entry) => (entry.startsWith('/') ? `GET ${entry}` : entry));
  const isAll = answers.protect.includes('all');
  const [first, ...more] = [
    ...chosen.filter((entry) => !entryForm.test(entry)).map(notAnEntry),
    ...(chosen.length > 0 && (!isAll || given.includes('none')) ? [contradiction(isAll)] : []),
  ];
  return first === undefined ? chosen : [first, ...more];
}

function notAnEntry(entry: string): Obstacle {
  return {
    code: 'E_INVALID_FLAG',
    message: `--public cannot be ${JSON.stringify(entry)}.`,
    remedy: 'It takes none, or routes by method and pattern, such as "GET /health" or "GET /docs/*".',
  };
}

function contradiction(isAll: boolean): Obstacle {
  return {
    code: 'E_INVALID_FLAG',
    message: isAll ? '--public has none and routes.' : '--public is about --protect all.',
    remedy: isAll ? 'Give either.' : 'Leave it out: with route plugins, the others ask for no token.',
  };
}

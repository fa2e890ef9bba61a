import type { Obstacle } from '../model/obstacle.ts';
import type { RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import { RefusalError } from '../model/refusal.ts';

const linesAround = 2;

/** The lines around a 1-based line, with numbers and a mark at it; undefined when the text has no such line. */
function codeFrame(text: string, line: number): string | undefined {
  const lines = text.split(/\r?\n/);
  if (line < 1 || line > lines.length) return undefined;
  const first = Math.max(1, line - linesAround);
  const last = Math.min(lines.length, line + linesAround);
  const width = String(last).length;
  return lines
    .slice(first - 1, last)
    .map((content, index) => {
      const number = first + index;
      return `${number === line ? '>' : ' '} ${String(number).padStart(width)} | ${content}`.trimEnd();
    })
    .join('\n');
}

/** Puts the code to a place that has a line; a file that cannot be read has none to show. */
export function withFrame(obstacle: Obstacle, repo: Repo | undefined): Obstacle {
  const { at } = obstacle;
  if (repo === undefined || at?.line === undefined || at.frame !== undefined) return obstacle;
  // What stands in an environment is nobody else's business.
  if (/(^|\/)\.env/.test(at.path)) return obstacle;
  const text = readQuietly(repo, at.path as RelPath);
  const frame = text === undefined ? undefined : codeFrame(text, at.line);
  return frame === undefined ? obstacle : { ...obstacle, at: { ...at, frame } };
}

function readQuietly(repo: Repo, path: RelPath): string | undefined {
  try {
    return repo.read(path);
  } catch (error) {
    if (error instanceof RefusalError) return undefined;
    throw error;
  }
}

import type { Edit } from '../../model/plan.ts';
import { basenameRel } from '../../model/paths.ts';
import type { Repo } from '../../model/repo.ts';
import { isEnvironment } from '../../model/roles.ts';
import type { ServiceHead } from '../../model/service.ts';
import { openSurvey } from '../../program/survey.ts';
import { textAfter } from '../../repo/repo.ts';
import { escapePattern } from '../../syntax/print.ts';

/** The name of a file whose text matches, other than those in `except`; undefined when there is none. */
export function findReference(
  repo: Repo,
  heads: readonly ServiceHead[],
  pattern: RegExp,
  except: ReadonlySet<string> = new Set(),
): string | undefined {
  for (const head of heads) {
    const survey = openSurvey(repo, head);
    const path = [...survey.files, ...survey.tests].find(
      (one) => !except.has(one) && pattern.test(survey.text(one)),
    );
    if (path !== undefined) return basenameRel(path);
  }
  return undefined;
}

/** Matches an import of a package. */
export function importOf(name: string): RegExp {
  return new RegExp(`(?:from|require\\(|import\\(?)\\s{0,9}['"]${escapePattern(name)}(?:/[^'"]{0,300})?['"]`);
}

/** The environment variables that a text names. */
export function variablesIn(text: string): readonly string[] {
  return [...new Set(text.match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g) ?? [])];
}

/**
 * Packages and variables that an edit of a manifest or an environment adds although the user's code used them before:
 * whoever takes the edit back need not keep them for that code.
 */
export function usedBefore(repo: Repo, heads: readonly ServiceHead[], edit: Edit): readonly string[] {
  if (edit.role !== 'manifest' && !isEnvironment(edit.role)) return [];
  const old = edit.kind === 'create' ? '' : edit.base;
  const namesIn = (text: string): readonly string[] =>
    isEnvironment(edit.role)
      ? variablesIn(text)
      : [...text.matchAll(/"(@?[\w./-]+)"\s*:/g)].map(([, name = '']) => name);
  const known = new Set(namesIn(old));
  return namesIn(textAfter(edit) ?? '').filter((name) => {
    const pattern = isEnvironment(edit.role) ? new RegExp(`\\b${name}\\b`) : importOf(name);
    return !known.has(name) && findReference(repo, heads, pattern, new Set([edit.path])) !== undefined;
  });
}

import type { PurposeRule } from '../_engine/survey/jwt-purpose.ts';

/** The rules as one TypeScript expression about `claims`; false for none. */
export function purposeCondition(rules: readonly PurposeRule[]): string | false {
  const conditions = rules.map(conditionOf);
  const line = conditions.join(' && ');
  return (line.length > 90 ? conditions.join(' &&\n    ') : line) || false;
}

function conditionOf(rule: PurposeRule): string {
  const claim = `claims[${quoted(rule.claim)}]`;
  switch (rule.kind) {
    case 'one-of':
      return `isOneOf(${claim}, [${rule.texts.map(quoted).join(', ')}])`;
    case 'none-of':
      return `!isOneOf(${claim}, [${rule.texts.map(quoted).join(', ')}])`;
    case 'present':
      return `${claim} !== undefined`;
    case 'absent':
      return `${claim} === undefined`;
  }
}

/** A string literal of any text. */
export function quoted(text: string): string {
  const escaped = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${escaped.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`;
}

import { printString, printStrings } from '../_engine/syntax/print.ts';
import type { PurposeRule } from '../_engine/facts/auth/jwt-logins.ts';

/** The rules as one TypeScript expression about `claims`; false for none. */
export function purposeCondition(rules: readonly PurposeRule[]): string | false {
  const conditions = rules.map(conditionOf);
  const line = conditions.join(' && ');
  return (line.length > 90 ? conditions.join(' &&\n    ') : line) || false;
}

function conditionOf(rule: PurposeRule): string {
  const claim = `claims[${printString(rule.claim)}]`;
  switch (rule.kind) {
    case 'one-of':
      return `isOneOf(${claim}, [${printStrings(rule.texts)}])`;
    case 'none-of':
      return `!isOneOf(${claim}, [${printStrings(rule.texts)}])`;
    case 'present':
      return `${claim} !== undefined`;
    case 'absent':
      return `${claim} === undefined`;
  }
}

import { printString, printStrings } from '../_engine/syntax/print.ts';
import type { PurposeRule } from '../_engine/facts/auth/jwt-logins.ts';

/** What claims of a login's token fulfil and others do not, as one TypeScript expression about `claims`; false for none. */
export function purposeCondition(rules: readonly PurposeRule[]): string | false {
  return rules.map(conditionOf).join(' && ') || false;
}

function conditionOf(rule: PurposeRule): string {
  const claim = `claims[${printString(rule.claim)}]`;
  switch (rule.kind) {
    case 'one-of':
      return isOneOf(claim, rule.texts);
    case 'none-of':
      return `!${isOneOf(claim, rule.texts)}`;
    case 'present':
      return `${claim} !== undefined`;
    case 'absent':
      return `${claim} === undefined`;
  }
}

/** A claim may be a text or a list of texts, as `aud` is. */
function isOneOf(claim: string, texts: readonly string[]): string {
  const [only = '', ...others] = texts;
  const list = `[${claim}].flat()`;
  if (others.length === 0) return `${list}.includes(${printString(only)})`;
  return `[${printStrings(texts)}].some((text) => ${list}.includes(text))`;
}

/** How each fact is found. */
type Finders<Facts> = { readonly [Key in keyof Facts]-?: () => Facts[Key] };

/** Facts that are found when they are asked for, once; one that fails fails again the next time. */
export function lazyFacts<Facts extends object>(finders: Finders<Facts>): Facts {
  const facts = {};
  for (const [key, find] of Object.entries<() => unknown>(finders)) {
    const get = (): unknown => {
      const value = find();
      Object.defineProperty(facts, key, { value, enumerable: true });
      return value;
    };
    Object.defineProperty(facts, key, { get, enumerable: true, configurable: true });
  }
  return facts as Facts;
}

/** The same facts but for some, without finding the others. */
export function withFacts<Facts extends object>(facts: Facts, known: Partial<Facts>): Facts {
  const others = Object.keys(facts).map((key) => [key, () => facts[key as keyof Facts]] as const);
  const given = Object.entries(known).map(([key, value]) => [key, () => value] as const);
  return lazyFacts(Object.fromEntries([...others, ...given]) as unknown as Finders<Facts>);
}

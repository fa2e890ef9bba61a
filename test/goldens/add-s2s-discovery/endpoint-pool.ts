import type { Endpoint } from './endpoint-source.js';

/** What the pool looks at of a member. */
export interface PoolMember {
  endpoint: Endpoint;
  /** Calls that have not been answered yet. */
  inFlight: number;
}

interface Place<Member extends PoolMember> {
  group: WeightedGroup<Member>;
  index: number;
}

/** Weights are whole numbers of this scale, so that sums of them are exact. */
const HEAVIEST = 65_535;

/**
 * The members that take calls, to pick one from. The cost of a pick grows with the logarithm of their number, and not at
 * all with that of members that take none.
 */
export class EndpointPool<Member extends PoolMember> {
  readonly #rankOf: (endpoint: Endpoint) => number;
  readonly #places = new Map<Member, Place<Member>>();
  #groups: WeightedGroup<Member>[] = [];
  /** Groups with a member that takes calls, by rank. */
  #open: WeightedGroup<Member>[] = [];

  /** Members of a higher rank are picked only while none of a lower one takes calls. */
  constructor(rankOf: (endpoint: Endpoint) => number) {
    this.#rankOf = rankOf;
  }

  get isEmpty(): boolean {
    return this.#open.length === 0;
  }

  /** The pool has these members from now on, and those that `takesCalls`. */
  replace(members: Iterable<Member>, takesCalls: (member: Member) => boolean): void {
    const ranks = new Map<number, Member[]>();
    for (const member of members) {
      const rank = this.#rankOf(member.endpoint);
      ranks.set(rank, [...(ranks.get(rank) ?? []), member]);
    }
    this.#places.clear();
    this.#groups = [...ranks].sort(([a], [b]) => a - b).map(([, own]) => new WeightedGroup(own));
    for (const group of this.#groups) {
      group.members.forEach((member, index) => {
        this.#places.set(member, { group, index });
        group.show(index, takesCalls(member));
      });
    }
    this.#open = this.#groups.filter((group) => !group.isEmpty);
  }

  /** Says whether a member takes calls; one that has left is none. */
  set(member: Member, takesCalls: boolean): void {
    const place = this.#places.get(member);
    if (place === undefined) return;
    const { group, index } = place;
    const wasEmpty = group.isEmpty;
    group.show(index, takesCalls);
    if (group.isEmpty !== wasEmpty) this.#open = this.#groups.filter((one) => !one.isEmpty);
  }

  /** The better of two random ones that have not been tried; of those that take calls, the ones that are preferred. */
  pick(tried: ReadonlySet<Member>): Member | undefined {
    for (const group of this.#open) {
      const hidden: number[] = [];
      const hide = (member: Member): void => {
        const place = this.#places.get(member);
        if (place?.group !== group || !group.shows(place.index)) return;
        group.show(place.index, false);
        hidden.push(place.index);
      };
      tried.forEach(hide);
      const first = group.draw();
      if (first !== undefined) hide(first);
      const second = group.draw();
      for (const index of hidden) group.show(index, true);
      if (first === undefined) continue;
      return second !== undefined && loadOf(second) < loadOf(first) ? second : first;
    }
    return undefined;
  }
}

/** Members of one rank. Sums of weights are kept in a tree (Fenwick, 1994): a change and a draw cost O(log n). */
class WeightedGroup<Member extends PoolMember> {
  readonly members: readonly Member[];
  readonly #weights: readonly number[];
  readonly #shown: boolean[];
  readonly #sums: number[];
  #total = 0;

  constructor(members: readonly Member[]) {
    this.members = members;
    const weights = members.map(({ endpoint }) => endpoint.weight ?? 1);
    const heaviest = weights.reduce((most, weight) => Math.max(most, weight), 0);
    this.#weights = weights.map((weight) => Math.max(1, Math.round((weight / heaviest) * HEAVIEST)));
    this.#shown = weights.map(() => false);
    this.#sums = [0, ...weights.map(() => 0)];
  }

  get isEmpty(): boolean {
    return this.#total === 0;
  }

  shows(index: number): boolean {
    return this.#shown[index] === true;
  }

  show(index: number, isShown: boolean): void {
    if (this.#shown[index] === isShown) return;
    this.#shown[index] = isShown;
    const change = (this.#weights[index] ?? 0) * (isShown ? 1 : -1);
    this.#total += change;
    for (let node = index + 1; node < this.#sums.length; node += node & -node) {
      this.#sums[node] = (this.#sums[node] ?? 0) + change;
    }
  }

  /** One at random, by weight. */
  draw(): Member | undefined {
    if (this.#total === 0) return undefined;
    let rest = Math.floor(Math.random() * this.#total);
    let before = 0;
    for (let step = 2 ** Math.floor(Math.log2(this.members.length)); step >= 1; step /= 2) {
      const sum = this.#sums[before + step];
      if (sum === undefined || sum > rest) continue;
      rest -= sum;
      before += step;
    }
    return this.members[before];
  }
}

function loadOf({ endpoint, inFlight }: PoolMember): number {
  return inFlight / (endpoint.weight ?? 1);
}

export interface TopicPartition {
  topic: string;
  partition: number;
}

/** One consumer as its group sees it. */
export interface Member {
  topics: readonly string[];
  /** Names (`partitionName`) of what it owns now. */
  owned: Set<string>;
  /** Names it was told to give back, or was given anew; settled at its next poll. */
  lost: Map<string, TopicPartition>;
  gained: Map<string, TopicPartition>;
}

export interface MemoryGroup {
  members: Member[];
  /** Committed offsets by partition name. */
  committed: Map<string, number>;
  /** Partitions that a test holds back from every member. */
  withheld: Set<string>;
}

export function memoryGroup(): MemoryGroup {
  return { members: [], committed: new Map(), withheld: new Set() };
}

export function partitionName(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

/** Deals the partitions out among the members that subscribe to them, in turn. */
export function rebalance(group: MemoryGroup, partitionsOf: (topic: string) => number): void {
  const wanted = new Map<Member, Map<string, TopicPartition>>(group.members.map((member) => [member, new Map()]));
  for (const topic of new Set(group.members.flatMap((member) => member.topics))) {
    const subscribers = group.members.filter((member) => member.topics.includes(topic));
    for (let partition = 0; partition < partitionsOf(topic); partition += 1) {
      const name = partitionName(topic, partition);
      const owner = subscribers[partition % subscribers.length];
      if (owner !== undefined && !group.withheld.has(name)) wanted.get(owner)?.set(name, { topic, partition });
    }
  }
  for (const [member, partitions] of wanted) settle(member, partitions);
}

function settle(member: Member, wanted: ReadonlyMap<string, TopicPartition>): void {
  for (const name of member.owned) {
    if (!wanted.has(name)) revoke(member, name);
  }
  for (const [name, partition] of wanted) {
    if (!member.owned.has(name)) grant(member, name, partition);
  }
}

function revoke(member: Member, name: string): void {
  member.owned.delete(name);
  // What was granted and never seen by the member needs no revocation.
  if (member.gained.delete(name)) return;
  member.lost.set(name, parseName(name));
}

function grant(member: Member, name: string, partition: TopicPartition): void {
  member.owned.add(name);
  member.gained.set(name, partition);
}

/** Takes a partition from its owner and gives it back at once: what was not committed is delivered again. */
export function bounce(member: Member, name: string): void {
  if (!member.owned.has(name) || member.gained.has(name)) return;
  const partition = parseName(name);
  member.lost.set(name, partition);
  member.gained.set(name, partition);
}

function parseName(name: string): TopicPartition {
  const slash = name.lastIndexOf("/");
  return { topic: name.slice(0, slash), partition: Number(name.slice(slash + 1)) };
}

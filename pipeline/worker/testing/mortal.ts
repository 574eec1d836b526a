/** A worker that can be killed like a process: from then on it does nothing more and hears nothing more. */
import type { Clock } from "@datafly-signal/core";
import type { Consumer, EventLog } from "@datafly-signal/ports/log";
import { hire, type Trial } from "./trial.ts";
import type { TestSender } from "./test-vendor.ts";

export interface Mortal {
  /** `commit`: a commit that is under way happens all the same, unheard. */
  kill(commit: boolean): Promise<void>;
}

type Stage = Omit<Trial, "worker" | "registry">;

const never = new Promise<never>(() => undefined);

export async function hireMortal(stage: Stage): Promise<Mortal> {
  const life = { alive: true, consumers: [] as Consumer[], held: [] as (() => Promise<void>)[] };
  const facts = { sender: mortalSender(stage.sender, life), clock: mortalClock(stage.clock, life), mortal: true };
  await hire(stage, mortalLog(stage.log, life), facts);
  return {
    async kill(commit) {
      life.alive = false;
      if (commit) for (const write of life.held) await write().catch(() => undefined);
      for (const consumer of life.consumers) await consumer.close();
    },
  };
}

interface Life {
  alive: boolean;
  consumers: Consumer[];
  /** Commits under way. */
  held: (() => Promise<void>)[];
}

function mortalClock(clock: Clock, life: Life): Clock {
  return {
    wall: () => clock.wall(),
    monotonic: () => clock.monotonic(),
    after: (ms, run) => clock.after(ms, () => life.alive && run()),
  };
}

function mortalSender(sender: TestSender, life: Life): TestSender {
  return {
    get sent() {
      return sender.sent;
    },
    play: sender.play,
    get asked() {
      return sender.asked;
    },
    playToken: sender.playToken,
    get preparing() {
      return sender.preparing;
    },
    playPreparing: sender.playPreparing,
    async send(request, options) {
      if (!life.alive) return never;
      const result = await sender.send(request, options);
      return life.alive ? result : never;
    },
    close: () => sender.close(),
  };
}

/** Commits take a turn of the event loop, so that a kill can fall into one. */
function mortalLog(log: EventLog, life: Life): EventLog {
  const guard = async <T>(run: () => Promise<T>): Promise<T> => {
    if (!life.alive) return never;
    const result = await run();
    return life.alive ? result : never;
  };
  return {
    ensureTopics: (specs) => guard(() => log.ensureTopics(specs)),
    append: (records) => guard(() => log.append(records)),
    read: (options) => guard(() => log.read(options)),
    readAt: (positions) => guard(() => log.readAt(positions)),
    table: (topic, prefix) => guard(() => log.table(topic, prefix)),
    bounds: (topic) => guard(() => log.bounds(topic)),
    committed: (group, topic) => guard(() => log.committed(group, topic)),
    close: async () => {},
    async consumer(options) {
      const consumer = await log.consumer(options);
      life.consumers.push(consumer);
      return {
        poll: (wanted) => guard(() => consumer.poll(wanted)),
        rewind: () => guard(() => consumer.rewind()),
        pause: () => consumer.pause(),
        resume: () => consumer.resume(),
        close: () => consumer.close(),
        transact: (set) =>
          guard(async () => {
            const write = (): Promise<void> => consumer.transact(set);
            life.held.push(write);
            await new Promise<void>((resolve) => void setImmediate(resolve));
            if (!life.alive) return;
            life.held.splice(life.held.indexOf(write), 1);
            await write();
          }),
      };
    },
  };
}

/** The public face of the pure rules. */
export * from "./json.ts";
export * from "./event/event.ts";
export * from "./delivery/delivery.ts";
export * from "./delivery/outcome.ts";
export * from "./topics.ts";
export * from "./errors.ts";
export * from "./config/snapshot.ts";
export * from "./connector/contract.ts";
export * from "./mapping/contract.ts";
export * from "./clock.ts";
export * from "./logger.ts";

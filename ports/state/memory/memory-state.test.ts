import { stateStoreSuite } from "../contract-suite.ts";
import { openMemoryState } from "./memory-state.ts";

stateStoreSuite("in memory", async () => openMemoryState());

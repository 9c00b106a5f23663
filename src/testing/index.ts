/** `tablefold/testing`: what tests of a definition are written with. */
export { put, remove } from "./events.ts"
export { document } from "./document.ts"
export { deliveries, type Deliveries, schedules, type Schedule } from "./deliveries.ts"
export { epochs } from "./epochs.ts"
export { patches, versions } from "./patches.ts"
export * as MemoryTable from "./MemoryTable.ts"
export { layerTableReader } from "./tableReader.ts"

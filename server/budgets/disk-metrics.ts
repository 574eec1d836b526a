/** The disk's state as metrics, looked up when they are asked for. */
import type { DiskReserve } from "@datafly-signal/ports/log/lmdb";
import { Gauge, type Registry } from "prom-client";
import { folderBytes } from "./disk-space.ts";

export function diskMetrics(registry: Registry, folder: string, reserve: DiskReserve): void {
  const gauge = (name: string, help: string, value: () => number | Promise<number>): void => {
    const metric = new Gauge({
      name,
      help,
      registers: [],
      async collect() {
        this.set(await value());
      },
    });
    registry.registerMetric(metric);
  };
  gauge("signal_disk_free_bytes", "Free space that the data folder may use.", () => reserve.freeBytes());
  gauge("signal_disk_reserve_bytes", "Free space below which events are refused.", () => reserve.reserveBytes());
  gauge("signal_disk_accepting", "1 while there is room for events, else 0.", () => (reserve.accepting() ? 1 : 0));
  gauge("signal_data_folder_bytes", "What the files of the data folder take.", () =>
    folderBytes(folder).catch(() => 0),
  );
}

/** One measured figure. */
export interface Row {
  what: string;
  value: number;
  unit: string;
  /** The floor's value in the same unit, when there is one. */
  floor?: number;
  floorName?: string;
  note?: string;
}

/** Events as the collector makes them: the documented fields of the collect endpoints. */

export type Fields = Record<string, unknown>;

export interface CollectedEvent extends Fields {
  type: "track" | "page" | "identify" | "group";
  /** ISO 8601, when it was called. */
  timestamp: string;
  /** UUID v4: one event, however often it is sent. */
  messageId: string;
  /** The visitor's id when it was made. */
  anonymousIdHint: string;
}

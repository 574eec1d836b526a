/** What Braze says of one object of a request, in the words of its answers. */

export type InputArray = "attributes" | "events" | "purchases";

/** An entry of `errors`: the object at this index of this array was left out. */
export interface TrackError {
  type: string;
  input_array: InputArray;
  index: number;
}

export interface ObjectCheck {
  /** Null: it is taken. */
  fault: string | null;
  warnings: string[];
}

export const NO_IDENTIFIER = "'external_id', 'braze_id', 'user_alias', 'email' or 'phone' is required";
export const NO_VALID_DATA = "Valid data must be provided in the 'attributes', 'events', or 'purchases' fields.";
export const INVALID_EMAIL = "The value provided for the 'email' field is not a valid email.";

export function required(field: string): string {
  return `'${field}' is required`;
}

export function notValid(field: string): string {
  return `'${field}' is not valid`;
}

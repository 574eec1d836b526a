const IPV4 = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;
const IPV6_CHARACTERS = /^[0-9a-f:.]{2,45}$/i;

/** Which kind of address a text is; null for none, and for one with a zone. */
export function addressKind(text: string): "ipv4" | "ipv6" | null {
  if (IPV4.test(text)) return "ipv4";
  return IPV6_CHARACTERS.test(text) && text.includes(":") && URL.canParse(`http://[${text}]/`) ? "ipv6" : null;
}

/** Addresses that are there, but not for every method. */
import type { FastifyInstance, HTTPMethods } from "fastify";
import { type Answer, faultAnswer } from "./answers.ts";
import { type Fault, fault, type Route } from "./route.ts";

/** A path that answers these methods only; OPTIONS says which, to anyone: other origins are not let in by it. */
export interface OtherMethods {
  path: string;
  methods: HTTPMethods[];
  answer(method: string): Answer;
}

/** In one path's terms, so that `/things/mine` is never taken for `/things/{id}` by a method it has not. */
export function otherMethods(routes: readonly Route[], { supportedMethods }: FastifyInstance): OtherMethods[] {
  const taken = new Map<string, string[]>();
  for (const { path, method } of routes) taken.set(path, [...(taken.get(path) ?? []), method]);
  return [...taken].map(([path, methods]) => {
    const allowed = allowedWith(methods);
    const headers = { allow: allowed.join(", ") };
    return {
      path,
      methods: supportedMethods.filter((method) => method === "OPTIONS" || !allowed.includes(method)) as HTTPMethods[],
      answer: (method) =>
        method === "OPTIONS"
          ? { status: 204, headers, body: undefined }
          : faultAnswer({ ...fault("METHOD_NOT_ALLOWED"), headers }),
    };
  });
}

/** Where no path fits: a method that HTTP does not know in general is taken nowhere. */
export function nowhere(
  routes: readonly Route[],
  { method, server }: { method: string; server: FastifyInstance },
): Fault {
  if (server.supportedMethods.includes(method)) return fault("NOT_FOUND");
  const allow = allowedWith(routes.map((route) => route.method)).join(", ");
  return { ...fault("METHOD_NOT_ALLOWED"), headers: { allow } };
}

function allowedWith(methods: readonly string[]): string[] {
  return [...new Set([...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"])].toSorted();
}

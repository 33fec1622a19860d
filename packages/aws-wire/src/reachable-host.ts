/**
 * Which address to hand out to a caller. A server that listens on loopback is known to itself as 127.0.0.1; a caller
 * who came by another address (through a tunnel, or a proxy on the same machine) cannot use that one.
 */

/** True for `localhost`, 127.0.0.0/8 and `[::1]`, with or without a port. */
export const isLoopbackHost = (host: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(host);

/**
 * The configured host and port, unless it is loopback and the caller came by an `origin` that is not: then the origin's.
 * Whatever names the registry to one caller must do so by this, since agents and engines compare the names.
 */
export const reachableHost = (configured: string, origin: string): string => {
  const originHost = new URL(origin).host;
  return isLoopbackHost(configured) && !isLoopbackHost(originHost) ? originHost : configured;
};

/**
 * Sockets and HTTP ({@link io.headrace.local.transport.HttpServer}). The only package that knows
 * Netty.
 */
@NullMarked
package io.headrace.local.transport;

import org.jspecify.annotations.NullMarked;

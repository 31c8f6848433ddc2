/**
 * A Kinesis server in one JVM. {@link io.headrace.local.LocalKinesis} is all that users need; the
 * rest is four layers, each of which knows only the one below it:
 *
 * <ul>
 *   <li>transport ({@code HttpServer}, {@code PortSniffer}, {@code RequestHandler}): sockets and
 *       HTTP, the only place that knows Netty;
 *   <li>protocol ({@code Protocol}, the three {@code ...Actions}, {@code Structure}, {@code
 *       Output}): actions declared as data, which drive parsing, validation and both encodings; the
 *       only place that knows Jackson;
 *   <li>engine ({@code Engine}, {@code KinesisStream}, {@code Shard}): what the service does, with
 *       the clock as an argument;
 *   <li>log ({@code ShardLog}): the records of one shard.
 * </ul>
 */
@NullMarked
package io.headrace.local;

import org.jspecify.annotations.NullMarked;

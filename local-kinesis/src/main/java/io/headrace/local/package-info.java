/**
 * A Kinesis server in one JVM. {@link io.headrace.local.LocalKinesis} is all that users need; the
 * packages below are four layers, each of which knows only those after it:
 *
 * <ul>
 *   <li>{@code transport}: sockets and HTTP, the only one that knows Netty;
 *   <li>{@code protocol}: actions declared as data, which drive parsing, validation and both
 *       encodings; the only one that knows Jackson;
 *   <li>{@code engine}: what the service does, with the clock as an argument;
 *   <li>{@code fault}: which requests go wrong and how, asked by the protocol only;
 *   <li>{@code log}: the records of one shard.
 * </ul>
 */
@NullMarked
package io.headrace.local;

import org.jspecify.annotations.NullMarked;

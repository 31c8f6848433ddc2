/**
 * What a function author sees, and the runtime behind it. Most types here are package-private:
 * public is what users name. A way through the folder, in the order in which a record goes:
 *
 * <ul>
 *   <li><b>What users write</b>: {@link io.headrace.function.FunctionSpec} with {@link
 *       io.headrace.function.Input}, {@link io.headrace.function.Destination}, {@link
 *       io.headrace.function.Keys}, {@link io.headrace.function.Windows} and {@link
 *       io.headrace.function.RetryPolicy}; the functions themselves ({@code RecordFunction}, {@code
 *       KeyedFunction}, {@code BatchFunction}, {@code WindowFunction}, {@code HandlerFunction},
 *       {@code Async…}), and what they are given: {@code Event}, {@code Output}, {@code Next},
 *       {@code Timer}.
 *   <li><b>Starting</b>: {@link io.headrace.function.FunctionRuntime} builds its worker by {@code
 *       Assembly}, on the threads of {@code Machinery}; {@code Identities} and {@code
 *       FunctionShape} compare what a function is with what is stored; {@code FunctionHost} begins
 *       a run of a function in a shard, and {@code Scope} is what all parts of that run share.
 *   <li><b>Before a handler</b>: {@code Decoder}, and the gates ({@code Gate}): filters, records of
 *       other shards, repetitions, sorting, orders of operators, letters that are played again,
 *       outputs that wait.
 *   <li><b>Handlers</b>, one for each kind: {@code RecordHandler}, {@code KeyedHandler}, {@code
 *       BatchHandler}, {@code WindowHandler}, {@code TumblingHandler} and {@code LambdaHandler}.
 *   <li><b>Calls</b>: {@code KeyLanes} and {@code LaneRunner} keep the order of keys, {@code
 *       Dispatch} takes a {@code Call} of a {@code Task} to the pool and back, {@code Patience},
 *       {@code Failure} and {@code FunctionOutage} say what becomes of failures.
 *   <li><b>Outputs</b>: {@code OutputBuffer}, {@code Outbox} and {@code OutboxGate}, {@code
 *       Courier}, {@code Outlets}.
 *   <li><b>Keys that fail</b>: {@code ParkedKeys} and {@code Parked…}, {@code KeyQuarantine}; dead
 *       letters: {@code LetterBook}, {@code LetterGate}, {@code Redriver}.
 *   <li><b>State and time</b>: {@code StateRoom} over {@link io.headrace.checkpoint.state}, {@code
 *       KeyTimers}, {@code WindowClock}, {@code Watermark}, {@code SortingGate}.
 *   <li><b>Across shards</b>: {@code Rekeying} sends, {@code ThroughStream} carries, {@code
 *       ThroughReceiver} takes each record once; {@code BroadcastReader} reads what all workers
 *       know.
 *   <li><b>Operators' tools</b>: {@code Operations}, {@code StateReader}, {@code StateSnapshots},
 *       {@code StateImport}, {@code StateErasure}, {@code ParkedLook}, {@code Health}.
 * </ul>
 */
@NullMarked
package io.headrace.function;

import org.jspecify.annotations.NullMarked;

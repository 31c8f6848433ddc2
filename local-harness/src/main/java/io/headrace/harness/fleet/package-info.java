/**
 * Fleets of production workers under virtual time, with faults of every kind, and what judges them
 * after each event. {@link io.headrace.harness.fleet.FleetSimulation} is the way in.
 *
 * <ul>
 *   <li><b>The world</b>: {@code FleetWorld} has {@code SimulatedProcess}es with loops and clocks
 *       of their own, tables, streams and chunks behind a {@code Network} with {@code Weather}; a
 *       {@code FleetCourse} by {@code FleetPlan} has {@code Disturbance}s happen to it.
 *   <li><b>Work</b>: {@code Workload}s, which are functions and the records they get.
 *   <li><b>Judges</b>: {@code LeaseJudge}, {@code ProgressJudge}, {@code DeliveryJudge}, {@code
 *       OutputJudge}, {@code SilenceJudge}, and the plain folds that state and windows have to
 *       equal.
 *   <li><b>Planted mistakes</b>: {@code PlantedFault} by name, each of a {@code Planted…Faults};
 *       here alone, never in a production class.
 *   <li><b>Exhaustive</b>: {@code Explorer} goes through all orders of a {@code Protocol}.
 * </ul>
 */
@NullMarked
package io.headrace.harness.fleet;

import org.jspecify.annotations.NullMarked;

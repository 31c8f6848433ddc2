package io.headrace.harness.fleet;

import org.jspecify.annotations.Nullable;

/**
 * What came of going through the orders in which the messages of one protocol may come.
 *
 * @param protocol burial, hand-over, take-back or merge-end
 * @param executions runs from the beginning
 * @param states different states at which something was chosen
 * @param depth the most choices in one run
 * @param depthMax after so many choices a run goes on as on a good day
 * @param unusualMax how many choices of one run may be other than on a good day: a message that
 *     overtakes, is lost or late, a way that stands still. What happens from outside and when late
 *     messages come is chosen freely
 * @param boundReached whether one of the bounds cut something off
 * @param complete whether all within the bounds was seen
 * @param failure what was found, if anything; its seed is the number of the run
 */
public record ExplorationReport(
    String protocol,
    long executions,
    long states,
    int depth,
    int depthMax,
    int unusualMax,
    boolean boundReached,
    boolean complete,
    SimulationReport.@Nullable Failure failure) {}

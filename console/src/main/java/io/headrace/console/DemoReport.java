package io.headrace.console;

import io.headrace.samples.SampleResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a demo went.
 *
 * @param carried of functions that are keyed across shards, what came of the records behind the
 *     first stage
 * @param missing the first records that a commit passed and nobody settled; empty when all is well
 * @param retrieval as it was asked for
 * @param retrievedBy what the shards' readers said of it
 * @param interrupted it was stopped before its time, so results are of what was put until then
 */
record DemoReport(
    Ledger.Account account,
    Ledger.Carried carried,
    List<String> missing,
    Duration elapsed,
    int workers,
    String retrieval,
    List<String> retrievedBy,
    boolean killedOne,
    boolean interrupted,
    int shards,
    long commits,
    long dynamoRequests,
    List<SampleResult> results) {
  private static final int MISSING_SHOWN_MAX = 10;

  /** Whether every record that was put is accounted for and none is left over. */
  boolean complete() {
    return account.unaccounted() == 0
        && account.inFlight() == 0
        && carried.inFlight() == 0
        && account.put()
            == account.handled()
                + account.filtered()
                + account.deadLettered()
                + account.droppedAsMisrouted()
                + account.skipped()
                + account.parked();
  }

  Map<String, Object> json() {
    var json = new LinkedHashMap<String, Object>();
    json.put("put", account.put());
    json.put("handled", account.handled());
    json.put("filtered", account.filtered());
    json.put("deadLettered", account.deadLettered());
    json.put("droppedAsMisrouted", account.droppedAsMisrouted());
    json.put("skipped", account.skipped());
    json.put("parked", account.parked());
    json.put("inFlight", account.inFlight());
    json.put("unaccounted", account.unaccounted());
    json.put("duplicates", account.duplicates());
    var between = new LinkedHashMap<String, Object>();
    between.put("put", carried.put());
    between.put("handled", carried.handled());
    between.put("deadLettered", carried.deadLettered());
    between.put("parked", carried.parked());
    between.put("inFlight", carried.inFlight());
    between.put("marksAndRepeated", carried.filtered());
    json.put("carried", between);
    json.put("workers", workers);
    json.put("retrieval", retrieval);
    json.put("retrievedBy", retrievedBy);
    json.put("killedOne", killedOne);
    json.put("interrupted", interrupted);
    json.put("shards", shards);
    json.put("commits", commits);
    json.put("dynamoRequests", dynamoRequests);
    json.put("seconds", elapsed.toMillis() / 1000.0);
    var samples = new LinkedHashMap<String, Object>();
    results.forEach(result -> samples.put(result.name(), result.figures()));
    json.put("samples", samples);
    return json;
  }

  List<String> lines() {
    var lines = new ArrayList<String>();
    lines.add("");
    lines.add(
        String.format(
            "%,d records put on %d shards, run by %d workers%s in %.1f s",
            account.put(),
            shards,
            workers,
            killedOne ? " of which one was killed" : "",
            elapsed.toMillis() / 1000.0));
    lines.add(
        "  read by " + (retrievedBy.isEmpty() ? retrieval : String.join("; then ", retrievedBy)));
    lines.add(
        String.format(
            "  handled %,d + filtered %,d + dead-lettered %,d + misrouted and dropped %,d"
                + " + parked %,d + in flight %,d",
            account.handled(),
            account.filtered(),
            account.deadLettered(),
            account.droppedAsMisrouted(),
            account.parked(),
            account.inFlight()));
    lines.add(
        String.format(
            "  unaccounted %,d, delivered again %,d, commits %,d, DynamoDB requests %,d",
            account.unaccounted(), account.duplicates(), commits, dynamoRequests));
    lines.add(
        String.format(
            "  of these %,d carried to the shards of their keys: handled %,d + dead-lettered %,d +"
                + " parked %,d + in flight %,d",
            carried.put(),
            carried.handled(),
            carried.deadLettered(),
            carried.parked(),
            carried.inFlight()));
    missing.stream()
        .limit(MISSING_SHOWN_MAX)
        .forEach(record -> lines.add("  passed over: " + record));
    for (var result : results) {
      lines.add("");
      lines.add(result.name());
      result.lines().forEach(line -> lines.add("  " + line));
    }
    return lines;
  }
}

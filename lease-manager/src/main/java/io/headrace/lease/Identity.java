package io.headrace.lease;

import io.headrace.kcl.LeaseException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refuses to take part in an application that bears the same name by mistake: whose living workers
 * read none of the streams that this worker reads. Lives on the coordinator's loop, while it
 * starts.
 */
final class Identity {
  private static final Logger LOG = LoggerFactory.getLogger(HeartbeatCoordinator.class);

  private final Desk desk;
  private final ApplicationItem ours;
  private final Consumer<LeaseException> failed;

  /**
   * @param streams names of the streams that this worker reads
   * @param failed told why this worker can't take part
   */
  Identity(Desk desk, List<String> streams, Consumer<LeaseException> failed) {
    this.desk = desk;
    this.ours = new ApplicationItem(new TreeSet<>(streams), desk.self());
    this.failed = failed;
  }

  /** Says what the application is, unless others say otherwise. */
  void claim(Runnable then) {
    read(
        found -> {
          if (found.isEmpty()) {
            var nonce = desk.token();
            write(() -> desk.table.create(desk.application, ours, nonce), then);
          } else if (found.get().item().streams().equals(ours.streams())) {
            then.run();
          } else if (found.get().item().sharesStreams(ours)) {
            replace(found.get(), then);
          } else {
            look(found.get(), then);
          }
        });
  }

  /**
   * To be called once this worker is registered: of two that began at the same moment one finds
   * that the other was later, and that one saw it alive or will be found by it.
   */
  void confirm(Runnable then) {
    read(
        found -> {
          if (found.isEmpty() || found.get().item().sharesStreams(ours)) {
            then.run();
          } else {
            failed.accept(refusal(found.get().item(), ""));
          }
        });
  }

  private void read(Consumer<Optional<Stored<ApplicationItem>>> then) {
    desk.readPatiently(() -> desk.table.application(desk.application), then, failed);
  }

  private void write(Supplier<CompletionStage<Written<ApplicationItem>>> write, Runnable then) {
    desk.readPatiently(
        write,
        written -> {
          if (written instanceof Written.Applied<ApplicationItem>) {
            then.run();
          } else {
            claim(then);
          }
        },
        failed);
  }

  private void replace(Stored<ApplicationItem> found, Runnable then) {
    LOG.info(
        "{} of {}: it reads the streams {} from now on, and read {}",
        desk.self(),
        desk.application,
        ours.streams(),
        found.item().streams());
    var token = desk.token();
    write(() -> desk.table.update(desk.application, found, ours, token), then);
  }

  /** Whoever is alive beats within its lease time; what is left of the dead does not. */
  private void look(Stored<ApplicationItem> found, Runnable then) {
    desk.readPatiently(
        () -> desk.table.workers(desk.application),
        before -> {
          var perhaps = before.stream().filter(item -> !item.item().state().gone()).toList();
          if (perhaps.isEmpty()) {
            replace(found, then);
            return;
          }
          var wait =
              perhaps.stream()
                  .map(item -> item.item().leaseTime())
                  .max(Duration::compareTo)
                  .orElseThrow();
          desk.after(wait, () -> lookAgain(found, perhaps, then));
        },
        failed);
  }

  private void lookAgain(
      Stored<ApplicationItem> found, List<Stored<WorkerItem>> before, Runnable then) {
    Map<String, Long> beats = new HashMap<>();
    before.forEach(item -> beats.put(item.item().incarnation().workerId(), item.revision()));
    desk.readPatiently(
        () -> desk.table.workers(desk.application),
        now -> {
          var alive =
              now.stream()
                  .filter(item -> !item.item().state().gone())
                  .filter(
                      item ->
                          item.revision()
                              != beats.getOrDefault(item.item().incarnation().workerId(), 0L))
                  .map(item -> item.item().incarnation())
                  .toList();
          if (alive.isEmpty()) {
            replace(found, then);
          } else {
            failed.accept(refusal(found.item(), ", and its workers " + alive + " are alive"));
          }
        },
        failed);
  }

  private LeaseException refusal(ApplicationItem other, String alive) {
    return new LeaseException(
        "application "
            + desk.application
            + " in "
            + desk.table.name()
            + " reads the streams "
            + other.streams()
            + ", as "
            + other.by()
            + " says"
            + alive
            + "; "
            + ours.by()
            + " reads "
            + ours.streams()
            + ", so these are two applications: give one of them another name, or stop the other"
            + " one first");
  }
}

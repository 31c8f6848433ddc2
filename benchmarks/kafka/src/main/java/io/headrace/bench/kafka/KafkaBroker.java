package io.headrace.bench.kafka;

import io.headrace.bench.rig.Arguments;
import io.headrace.bench.rig.ConsumerProgram;
import io.headrace.bench.rig.Departure;
import io.headrace.bench.rig.Departures;
import io.headrace.bench.rig.Dialogue;
import io.headrace.bench.rig.NotMeasured;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Time;

/**
 * One broker as a process, which is its own controller: takes {@code port}, {@code controllerPort}
 * and {@code folder}, prints {@link ConsumerProgram#READY}, and ends with its input.
 *
 * <pre>
 *   fill TOPIC PARTITIONS SEED COUNT   makes a topic and puts so many departures and their ends
 * </pre>
 */
public final class KafkaBroker {
  private static final String NODE = "1";

  private KafkaBroker() {}

  /** Runs until its input ends, and ends the process. */
  public static void main(String[] args) throws Exception {
    int exitCode = 0;
    try {
      Arguments given = Arguments.parse(Arrays.asList(args));
      int port = Math.toIntExact(given.number("port"));
      Properties properties =
          properties(port, given.number("controllerPort"), Path.of(given.text("folder")));
      format(properties, Path.of(given.text("folder")));
      KafkaRaftServer server =
          new KafkaRaftServer(KafkaConfig.fromProps(properties, false), Time.SYSTEM);
      server.startup();
      System.out.println(ConsumerProgram.READY);
      answer("127.0.0.1:" + port);
    } catch (Exception e) {
      System.out.println(Dialogue.ERROR + NotMeasured.because(e));
      exitCode = NotMeasured.EXIT_CODE;
    }
    // Nothing of it is needed again: it is not asked to end in order.
    Runtime.getRuntime().halt(exitCode);
  }

  private static Properties properties(int port, long controllerPort, Path folder) {
    Properties properties = new Properties();
    properties.putAll(
        Map.ofEntries(
            Map.entry("process.roles", "broker,controller"),
            Map.entry("node.id", NODE),
            Map.entry("controller.quorum.voters", NODE + "@127.0.0.1:" + controllerPort),
            Map.entry("controller.listener.names", "CONTROLLER"),
            Map.entry("inter.broker.listener.name", "PLAINTEXT"),
            Map.entry(
                "listeners",
                "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort),
            Map.entry("advertised.listeners", "PLAINTEXT://127.0.0.1:" + port),
            Map.entry("log.dirs", folder.resolve("log").toString()),
            Map.entry("offsets.topic.replication.factor", "1"),
            Map.entry("transaction.state.log.replication.factor", "1"),
            Map.entry("transaction.state.log.min.isr", "1"),
            Map.entry("share.coordinator.state.topic.replication.factor", "1"),
            Map.entry("share.coordinator.state.topic.min.isr", "1"),
            Map.entry("offsets.topic.num.partitions", "4"),
            Map.entry("transaction.state.log.num.partitions", "4"),
            // What ends the input has a time far ahead of the clock, and so have changes that it
            // makes in stores; by default the broker refuses what is more than an hour ahead.
            Map.entry("log.message.timestamp.after.max.ms", Long.toString(Long.MAX_VALUE)),
            Map.entry("group.initial.rebalance.delay.ms", "0")));
    return properties;
  }

  private static void format(Properties properties, Path folder) throws IOException {
    Path file = folder.resolve("server.properties");
    try (OutputStream out = Files.newOutputStream(file)) {
      properties.store(out, null);
    }
    int code =
        StorageTool.execute(
            new String[] {"format", "-t", Uuid.randomUuid().toString(), "-c", file.toString()},
            new PrintStream(System.err, true, StandardCharsets.UTF_8));
    if (code != 0) {
      throw new NotMeasured("the broker's folder can't be made ready: exit code " + code);
    }
  }

  private static void answer(String broker) throws IOException, InterruptedException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] command = line.split(" ", -1);
      if (!command[0].equals("fill")) {
        throw new IllegalArgumentException("there is no command \"" + command[0] + "\"");
      }
      try {
        fill(
            broker,
            command[1],
            Integer.parseInt(command[2]),
            new Departures(Long.parseLong(command[3]), Long.parseLong(command[4])));
        System.out.println("filled");
      } catch (ExecutionException e) {
        System.out.println(Dialogue.ERROR + NotMeasured.because(e));
      }
    }
  }

  private static void fill(String broker, String topic, int partitions, Departures departures)
      throws ExecutionException, InterruptedException {
    try (Admin admin = Admin.create(Map.<String, Object>of("bootstrap.servers", broker))) {
      admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
    }
    AtomicReference<Exception> failed = new AtomicReference<>();
    try (KafkaProducer<String, byte[]> producer = producer(broker)) {
      while (departures.hasNext()) {
        Departure departure = departures.next();
        var unused =
            producer.send(
                new ProducerRecord<>(topic, departure.origin(), departure.bytes()),
                (stored, thrown) -> {
                  if (thrown != null) {
                    failed.compareAndSet(null, thrown);
                  }
                });
      }
      putEnds(producer, topic, partitions);
    }
    if (failed.get() != null) {
      throw new NotMeasured("a put failed: " + NotMeasured.because(failed.get()), failed.get());
    }
  }

  /** One record into each partition that says that nothing comes behind it. */
  static void putEnds(KafkaProducer<String, byte[]> producer, String topic, int partitions) {
    Departure end = Departures.end();
    for (int partition = 0; partition < partitions; partition++) {
      var unused = producer.send(new ProducerRecord<>(topic, partition, end.origin(), end.bytes()));
    }
    producer.flush();
  }

  static KafkaProducer<String, byte[]> producer(String broker) {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", broker, "linger.ms", "5", "batch.size", "65536"),
        new StringSerializer(),
        new ByteArraySerializer());
  }
}

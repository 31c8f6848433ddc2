package io.headrace.function;

import java.net.URI;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * Where records go that can't be handled. A letter is durable before its record counts as done;
 * while the sink is down the record waits. Each letter is a {@link DeadLetter} as one JSON object.
 */
public sealed interface DeadLetters {
  /** A file for each function in {@code folder}, one letter a line. */
  static DeadLetters inFile(Path folder) {
    return new InFile(folder);
  }

  /** A stream; the letter keeps the record's partition key. */
  static DeadLetters toStream(String name) {
    return new ToStream(name);
  }

  /**
   * An SQS queue, which must be there; a letter that is larger than the queue takes goes without
   * its payload, unless {@link InQueue#spillingTo} says where to put such. In a queue whose name
   * ends in {@code .fifo} the letters of a key stay in order.
   *
   * @param url as SQS shows it, such as {@code
   *     https://sqs.eu-west-1.amazonaws.com/111122223333/letters}
   */
  static InQueue inQueue(URI url) {
    return new InQueue(url, Optional.empty());
  }

  /**
   * An S3 bucket, which must be there: one object a letter, under {@code
   * prefix/function/year/month/day/}.
   *
   * @param prefix without slashes at its ends; may be empty
   */
  static InBucket inBucket(String bucket, String prefix) {
    return new InBucket(bucket, prefix);
  }

  /**
   * What settings files say: {@code stream:NAME}, {@code s3://BUCKET/PREFIX}, a queue's {@code
   * https://} address, or else a folder.
   *
   * @param folder where relative paths begin
   * @throws IllegalArgumentException says what is allowed
   */
  static DeadLetters parse(String text, Path folder) {
    if (text.startsWith("stream:")) {
      return toStream(text.substring("stream:".length()));
    }
    if (text.startsWith("s3://")) {
      var path = text.substring("s3://".length());
      int slash = path.indexOf('/');
      return slash < 0
          ? inBucket(path, "")
          : inBucket(path.substring(0, slash), path.substring(slash + 1));
    }
    if (text.startsWith("https://") || text.startsWith("http://")) {
      return inQueue(URI.create(text));
    }
    return inFile(folder.resolve(text));
  }

  /** See {@link DeadLetters#inQueue}. */
  record InQueue(URI url, Optional<InBucket> spill) implements DeadLetters {
    public InQueue {
      if (url.getHost() == null || !url.getPath().matches("/[^/]+/[A-Za-z0-9_-]{1,80}(\\.fifo)?")) {
        throw new IllegalArgumentException(
            "dead-letter queue "
                + url
                + ": must be the address of a queue, such as"
                + " https://sqs.eu-west-1.amazonaws.com/111122223333/letters");
      }
    }

    /** Letters that are too large for the queue lie here whole, and the queue says where. */
    public InQueue spillingTo(InBucket bucket) {
      return new InQueue(url, Optional.of(bucket));
    }
  }

  /** See {@link DeadLetters#inBucket}. */
  record InBucket(String bucket, String prefix) implements DeadLetters {
    public InBucket {
      if (!bucket.matches("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")) {
        throw new IllegalArgumentException(
            "dead-letter bucket \"" + bucket + "\": must be the name of an S3 bucket");
      }
      if (prefix.startsWith("/") || prefix.endsWith("/") || prefix.length() > 256) {
        throw new IllegalArgumentException(
            "dead-letter prefix \""
                + prefix
                + "\": must be at most 256 characters, without a slash at its ends");
      }
    }
  }

  /** See {@link DeadLetters#inFile}. */
  record InFile(Path folder) implements DeadLetters {
    public InFile {
      Objects.requireNonNull(folder, "folder");
    }
  }

  /** See {@link DeadLetters#toStream}. */
  record ToStream(String name) implements DeadLetters {
    public ToStream {
      if (name.isEmpty()) {
        throw new IllegalArgumentException("dead-letter stream name: must not be empty");
      }
    }
  }
}

package io.headrace.local.engine;

import io.headrace.local.log.StreamName;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What tells one stream from all others in the server. */
public record StreamKey(String account, String region, String name) {
  private static final Pattern ARN =
      Pattern.compile("arn:aws[^:]*:kinesis:([^:]*):(\\d{12}):stream/(\\S+)");

  public static StreamKey ofArn(String arn) {
    Matcher matcher = ARN.matcher(arn);
    if (!matcher.matches()) {
      throw KinesisError.invalidArgument("StreamARN " + arn + " is not the ARN of a stream.");
    }
    return new StreamKey(matcher.group(2), matcher.group(1), matcher.group(3));
  }

  public Caller owner() {
    return new Caller(account, region);
  }

  public String arn() {
    return "arn:aws:kinesis:" + region + ":" + account + ":stream/" + name;
  }

  public KinesisError notFound() {
    return KinesisError.notFound("Stream " + name + " under account " + account + " not found.");
  }

  StreamName inLog() {
    return new StreamName(account, region, name);
  }

  /** How the service's sentences name a stream. */
  public String inSentence() {
    return "stream " + name + " under account " + account;
  }
}

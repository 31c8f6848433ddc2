package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Where all that a shadow sends goes: one line of JSON each, with the id that the output would have
 * had, and its value as its destination's codec writes it. An output that is sent again has the
 * same id.
 */
record ShadowFile(LineFile file, String path) {
  <O> Outlet<O, byte[]> outputs(@Nullable Side<?> side, @Nullable Codec<O> codec) {
    return new Outputs<>(this, side == null ? "" : " to side " + side.name(), codec);
  }

  <L extends SinkLetter> Outlet<L, byte[]> letters() {
    return new Letters<>(this);
  }

  private CompletionStage<?> append(List<byte[]> lines) {
    return file.append(lines);
  }

  private static byte[] line(String id, String value) {
    var json = new StringBuilder(value.length() + id.length() + 30).append('{');
    DeadLetter.field(json, "id", id);
    DeadLetter.field(json, "value", value);
    json.setCharAt(json.length() - 1, '}');
    return json.toString().getBytes(UTF_8);
  }

  /** Bytes that are no text are not shown as if they were: others would look the same. */
  private static String text(byte[] bytes) {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException noText) {
      return "base64:" + Base64.getEncoder().encodeToString(bytes);
    }
  }

  private record Outputs<O>(ShadowFile to, String side, @Nullable Codec<O> codec)
      implements Outlet.Keeping<O, byte[]> {
    @Override
    public String name() {
      return "shadow file " + to.path();
    }

    @Override
    public byte[] prepare(Origin origin, O value) throws Exception {
      var text =
          value instanceof byte[] bytes
              ? text(bytes)
              : codec == null ? String.valueOf(value) : text(codec.encode(value));
      return line(origin.id() + side, text);
    }

    @Override
    public CompletionStage<?> send(List<byte[]> prepared) {
      return to.append(prepared);
    }

    @Override
    public Content keep(byte[] prepared) {
      return new Content("", prepared, Map.of(), 1);
    }

    @Override
    public byte[] revive(String id, Content content) {
      return content.data();
    }
  }

  private record Letters<L extends SinkLetter>(ShadowFile to) implements Outlet<L, byte[]> {
    @Override
    public String name() {
      return "shadow file " + to.path();
    }

    @Override
    public byte[] prepare(Origin origin, L letter) {
      return line(letter.id() + " dead letter", letter.code());
    }

    @Override
    public CompletionStage<?> send(List<byte[]> prepared) {
      return to.append(prepared);
    }
  }
}

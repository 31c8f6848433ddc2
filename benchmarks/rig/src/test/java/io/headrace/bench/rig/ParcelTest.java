package io.headrace.bench.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ParcelTest {
  @Test
  void what_a_record_carries_arrives_as_it_was_sent() {
    Parcel plain = Parcel.plain(7);
    Parcel error = new Parcel(8, Parcel.Fate.ERROR, "w1");

    assertThat(Parcel.of(ByteBuffer.wrap(plain.bytes()))).isEqualTo(plain);
    assertThat(Parcel.of(ByteBuffer.wrap(error.bytes()))).isEqualTo(error);
  }

  @Test
  void anything_else_is_refused() {
    assertThatThrownBy(() -> Parcel.of(ByteBuffer.wrap("hello".getBytes(StandardCharsets.UTF_8))))
        .hasMessage("a record must carry number, fate and worker but has 1 parts");
  }
}

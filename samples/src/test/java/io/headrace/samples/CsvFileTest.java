package io.headrace.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class CsvFileTest {
  private static final List<String> COLUMNS = List.of("when", "what", "many");
  private static final DateTimeFormatter DAY =
      DateTimeFormatter.ofPattern("uuuu/MM/dd HH:mm").withResolverStyle(ResolverStyle.STRICT);

  private static List<CsvRow> read(String text) throws IOException {
    return CsvFile.read(
        "things.csv", new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), COLUMNS);
  }

  private static CsvRow row(String fields) throws IOException {
    return read("when,what,many\n" + fields).get(0);
  }

  @Test
  void fields_are_read_by_column() throws IOException {
    var row = row("2001/01/31 23:59,abc,-7\n");

    assertThat(row.line()).isEqualTo(2);
    assertThat(row.dateTime("when", DAY, "yyyy/MM/dd HH:mm"))
        .isEqualTo(LocalDateTime.of(2001, 1, 31, 23, 59));
    assertThat(row.text("what", Pattern.compile("[a-z]{3}"))).isEqualTo("abc");
    assertThat(row.whole("many", -7, 0)).isEqualTo(-7);
    assertThat(row("x,y,-0.25").decimal("many", -1, 1)).isEqualTo(-0.25);
    assertThat(row("x,y,1").flag("many")).isTrue();
    assertThat(row("x,y,0").flag("many")).isFalse();
  }

  @Test
  void a_file_of_a_header_alone_has_no_rows() throws IOException {
    assertThat(read("when,what,many\n")).isEmpty();
  }

  @Test
  void an_unexpected_header_is_refused_with_the_one_expected() {
    assertThatThrownBy(() -> read("when,many,what\n"))
        .hasMessage(
            "things.csv line 1: the header is \"when,many,what\", must be \"when,what,many\"");
    assertThatThrownBy(() -> read("")).hasMessageContaining("the header is \"null\"");
  }

  @Test
  void a_line_with_too_many_or_too_few_fields_is_refused_by_its_number() {
    assertThatThrownBy(() -> read("when,what,many\na,b,1\na,b\n"))
        .hasMessage("things.csv line 3: 2 fields, must be 3 (when,what,many): a,b");
    assertThatThrownBy(() -> read("when,what,many\na,b,c,d\n")).hasMessageContaining("4 fields");
    assertThatThrownBy(() -> read("when,what,many\n\n")).hasMessageContaining("line 2: 1 fields");
  }

  @Test
  void quotes_are_refused_and_not_guessed_at() {
    assertThatThrownBy(() -> read("when,what,many\n\"a\",b,1\n"))
        .hasMessageContaining("things.csv line 2: quoted fields are not read");
  }

  @Test
  void a_wrong_value_is_refused_with_file_line_column_and_value() throws IOException {
    var row = row("2001/02/30 00:00,ab1,3x");

    assertThatThrownBy(() -> row.whole("many", 0, 9))
        .isInstanceOf(CsvException.class)
        .hasMessage("things.csv line 2 column many: \"3x\" must be a whole number from 0 to 9");
    assertThatThrownBy(() -> row.decimal("many", 0, 9))
        .hasMessageContaining("line 2 column many: \"3x\" must be a decimal number");
    assertThatThrownBy(() -> row.text("what", Pattern.compile("[a-z]{3}")))
        .hasMessageContaining("line 2 column what: \"ab1\" must match [a-z]{3}");
    assertThatThrownBy(() -> row.dateTime("when", DAY, "yyyy/MM/dd HH:mm"))
        .hasMessageContaining(
            "column when: \"2001/02/30 00:00\" must be a date and time as yyyy/MM/dd HH:mm");
  }

  @Test
  void a_number_out_of_bounds_or_not_finite_is_refused() throws IOException {
    assertThatThrownBy(() -> row("x,y,10").whole("many", 0, 9)).hasMessageContaining("\"10\"");
    assertThatThrownBy(() -> row("x,y,9.01").decimal("many", 0, 9)).hasMessageContaining("9.01");
    assertThatThrownBy(() -> row("x,y,NaN").decimal("many", 0, 9)).hasMessageContaining("NaN");
    assertThatThrownBy(() -> row("x,y,99999999999999999999").whole("many", 0, 9))
        .isInstanceOf(CsvException.class);
    assertThatThrownBy(() -> row("x,y,").whole("many", 0, 9)).hasMessageContaining("\"\"");
    assertThatThrownBy(() -> row("x,y,2").flag("many")).isInstanceOf(CsvException.class);
  }

  @Test
  void a_column_that_the_file_lacks_is_named() throws IOException {
    var row = row("x,y,1");

    assertThatThrownBy(() -> row.whole("much", 0, 9))
        .hasMessage("things.csv has no column much, only [when, what, many]");
  }

  @Test
  void a_file_that_is_not_there_is_named() {
    assertThatThrownBy(() -> CsvFile.ofSamples("none.csv", COLUMNS))
        .hasMessage("none.csv is missing from the samples' jar");
  }
}

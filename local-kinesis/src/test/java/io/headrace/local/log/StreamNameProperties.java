package io.headrace.local.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Locale;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.StringLength;

class StreamNameProperties {
  private static final Path ROOT = Path.of("/data/streams");

  @Property
  void a_folder_tells_whose_it_is_whatever_they_are_called(
      @ForAll @NotEmpty @StringLength(max = 20) String region,
      @ForAll @CharRange(from = '-', to = 'z') @StringLength(min = 1, max = 30) String name) {
    StreamName stream = new StreamName("000000000000", region, name);

    Path folder = stream.folderIn(ROOT);

    assertThat(folder.normalize()).isEqualTo(folder);
    assertThat(folder.startsWith(ROOT)).isTrue();
    assertThat(folder.getNameCount()).isEqualTo(ROOT.getNameCount() + 3);
    assertThat(StreamName.ofFolder(folder)).contains(stream);
  }

  @Property
  void two_names_never_share_a_folder_even_where_capitals_do_not_count(
      @ForAll @CharRange(from = 'A', to = 'b') @StringLength(min = 1, max = 5) String one,
      @ForAll @CharRange(from = 'A', to = 'b') @StringLength(min = 1, max = 5) String other) {
    String first = new StreamName("0", "r", one).folderIn(ROOT).toString();
    String second = new StreamName("0", "r", other).folderIn(ROOT).toString();

    assertThat(first.toLowerCase(Locale.ROOT).equals(second.toLowerCase(Locale.ROOT)))
        .isEqualTo(one.equals(other));
  }
}

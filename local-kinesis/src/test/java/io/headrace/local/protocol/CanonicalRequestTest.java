package io.headrace.local.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The canonical form against the hashes that the service's own test suite for signatures gives for
 * these requests, all of 2015-08-30T12:36:00Z to example.amazonaws.com.
 */
class CanonicalRequestTest {
  private static final String EMPTY =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  private static final String LETTERS =
      "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

  @ParameterizedTest
  @CsvSource({
    "GET, /, bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63",
    "POST, /, 553f88c9e4d10fc9e109e2aeb65f030801b70c2f6468faca261d401ae622fc87",
    "GET, /?Param1=value1, 1e24db194ed7d0eec2de28d7369675a243488e08526e8c1c73571282f7c517ab",
    "GET, /?Param2=value2&Param1=value1,"
        + " 816cd5b414d056048ba4f7c5386d6e0533120fb1fcfa93762cf0fc39e2cf19e0",
    "GET, /?Param1=value2&Param1=Value1,"
        + " 704b4cef673542d84cdff252633f065e8daeba5f168b77116f8b1bcaf3d38f89",
    "GET, /?Param1=value2&Param1=value1,"
        + " c968629d70850097a2d8781c9bf7edcb988b04cac14cca9be4acc3595f884606",
    "GET, /?LETTERS=LETTERS, c30d4703d9f799439be92736156d47ccfb2d879ddf56f5befa6d1d6aab979177",
    "GET, /?\u1234=bar, eb30c5bed55734080471a834cc727ae56beb50e5f39d1bff6d0d38cb192a7073",
    "GET, /LETTERS, 6a968768eefaa713e2a6b16b589a8ea192661f098f37349f4e2c0082757446f9",
    "GET, /\u1234, 2a0a97d02205e45ce2e994789806b19270cfbbb0921b278ccf58f5249ac42102",
    "GET, /example/.., bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63",
    "GET, /example1/example2/../..,"
        + " bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63",
    "GET, //, bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63",
    "GET, /./, bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63",
    "GET, /./example, 214d50c111a8edc4819da6a636336472c916b5240f51e9a51b5c3305180cf702",
    "GET, //example//, cb96b4ac96d501f7c5c15bc6d67b3035061cfced4af6585ad927f7e6c985c015",
    "GET, /example space/, 63ee75631ed7234ae61b5f736dfc7754cdccfedbff4b5128a915706ee9390d86",
  })
  void paths_and_parameters_are_normal_sorted_and_encoded(String method, String uri, String hash) {
    assertThat(hash(TestRequest.of(method, uri.replace("LETTERS", LETTERS)))).isEqualTo(hash);
  }

  @Test
  void values_of_headers_are_trimmed_and_those_of_one_header_joined_in_their_order() {
    assertThat(
            hash(
                TestRequest.of("GET", "/")
                    .with("my-header1", " value1")
                    .with("my-header2", " \"a   b   c\"")))
        .isEqualTo("a726db9b0df21c14f559d0a978e563112acb1b9e05476f0a6a1c7d68f28605c7");
    assertThat(
            hash(
                TestRequest.of("GET", "/")
                    .with("my-header1", "value2")
                    .with("my-header1", "value2")
                    .with("my-header1", "value1")))
        .isEqualTo("dc7f04a3abfde8d472b0ab1a418b741b7c67174dad1551b4117b15527fbe966c");
  }

  @Test
  void a_parameter_that_is_badly_encoded_stands_for_itself() {
    TestRequest request = TestRequest.of("GET", "/?a=%zz&b");

    assertThat(CanonicalRequest.text(request, List.of("host"), EMPTY))
        .isEqualTo("GET\n/\na=%25zz&b=\nhost:example.amazonaws.com\n\nhost\n" + EMPTY);
  }

  private static String hash(TestRequest request) {
    TestRequest dated = request.with("x-amz-date", "20150830T123600Z");
    List<String> signed =
        Stream.of("host", "my-header1", "my-header2", "x-amz-date")
            .filter(name -> !dated.headers(name).isEmpty())
            .toList();
    String canonical = CanonicalRequest.text(dated, signed, EMPTY);
    String toSign = Signatures.sha256(canonical.getBytes(UTF_8));
    return toSign;
  }
}

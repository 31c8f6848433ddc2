package io.headrace.local.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The cases are complete against the service's model, and the page counts them as they are. */
class ConformancePageTest {
  private static final boolean WRITE = Boolean.getBoolean("headrace.conformance.write");
  private static final Path PAGE = Path.of("..", "docs", "local-kinesis-conformance.md");

  static Stream<CaseFile> files() {
    return ServiceModel.actions().stream().map(CaseFile::of);
  }

  @ParameterizedTest
  @MethodSource("files")
  void every_constraint_that_the_service_declares_is_broken_by_a_case(CaseFile file) {
    Set<String> broken = new HashSet<>();
    file.cases().forEach(each -> broken.addAll(each.breaks()));

    assertThat(broken).as(file.action()).containsAll(ServiceModel.constraints(file.action()));
  }

  @ParameterizedTest
  @MethodSource("files")
  void every_action_of_the_service_has_valid_cases_and_no_two_of_one_name(CaseFile file) {
    assertThat(file.cases()).as(file.action()).anyMatch(each -> each.kind() == Case.Kind.VALID);
    assertThat(file.cases().stream().map(Case::name)).as(file.action()).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @MethodSource("files")
  void every_error_that_the_service_documents_ends_a_case(CaseFile file) {
    Set<String> errors = new HashSet<>();
    for (Case each : file.cases()) {
      JsonNode expect = each.node().path("expect");
      errors.add(expect.path("error").asText());
      errors.add(expect.has("violations") ? "ValidationException" : "");
    }
    // The model gives the exception a name that its code on the wire does not have.
    errors.add(errors.contains("InternalFailure") ? "InternalFailureException" : "");

    assertThat(errors).as(file.action()).containsAll(ServiceModel.errors(file.action()));
  }

  @Test
  void the_service_has_39_actions() {
    assertThat(ServiceModel.actions()).hasSize(39);
  }

  @Test
  void the_committed_page_counts_the_cases_as_they_are() throws IOException {
    String page = page();
    if (WRITE) {
      Files.writeString(PAGE, page);
    }
    assertThat(PAGE).as("written with -Dheadrace.conformance.write=true").exists();
    assertThat(Files.readString(PAGE))
        .as("written with -Dheadrace.conformance.write=true")
        .isEqualTo(page);
  }

  private static String page() {
    List<CaseFile> files = files().toList();
    StringBuilder page = new StringBuilder();
    page.append("# What the local Kinesis answers, case by case\n\n")
        .append("Counted from `local-kinesis/src/test/resources/conformance` by")
        .append(" `ConformancePageTest`; write it anew with\n")
        .append("`-Dheadrace.conformance.write=true`. `ConformanceTest` asks every case over the")
        .append(" wire in each of\nthese combinations, and all of them pass:\n\n");
    Combination.all().forEach(each -> page.append("- ").append(each).append('\n'));
    page.append("\nA case is *valid* when it is answered with success, breaks a *constraint* of")
        .append(" the service's model, or\nends in another *error*. Each action is also asked the ")
        .append(CaseFile.ofEveryAction("").size())
        .append(" cases that all have in common (bodies that\ncannot be read, requests that are")
        .append(" not signed). The last column names errors that the service documents\nfor the")
        .append(
            " action and that have no cause here: the case asks the server for a fault that gives")
        .append(" them.\n\n");
    table(files, page);
    differences(files, page);
    return page.toString();
  }

  private static void table(List<CaseFile> files, StringBuilder page) {
    page.append("| Action | Valid | Constraints | Errors | Cases | Only by a fault |\n")
        .append("| --- | ---: | ---: | ---: | ---: | --- |\n");
    Map<Case.Kind, Integer> sums = new EnumMap<>(Case.Kind.class);
    for (CaseFile file : files) {
      page.append("| ").append(file.action());
      for (Case.Kind kind : Case.Kind.values()) {
        int count = (int) file.cases().stream().filter(each -> each.kind() == kind).count();
        sums.merge(kind, count, Integer::sum);
        page.append(" | ").append(count);
      }
      page.append(" | ").append(file.cases().size());
      page.append(" | ").append(String.join(", ", byFault(file))).append(" |\n");
    }
    page.append("| ").append(files.size()).append(" actions");
    sums.values().forEach(sum -> page.append(" | ").append(sum));
    int all = sums.values().stream().mapToInt(Integer::intValue).sum();
    page.append(" | ").append(all).append(" | |\n");
  }

  private static List<String> byFault(CaseFile file) {
    return file.cases().stream()
        .map(each -> each.node().path("fault"))
        .filter(code -> !code.isMissingNode())
        .map(code -> code.textValue().replace("Exception", ""))
        .toList();
  }

  private static void differences(List<CaseFile> files, StringBuilder page) {
    page.append("\n## Known not to match, or not known\n\n");
    CaseFile.of(CaseFile.EVERY_ACTION)
        .differences()
        .forEach(each -> page.append("- ").append(each).append('\n'));
    for (CaseFile file : files) {
      file.differences()
          .forEach(
              each ->
                  page.append("- ").append(file.action()).append(": ").append(each).append('\n'));
    }
  }
}

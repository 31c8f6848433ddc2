package io.headrace.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.KinesisEvent;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/**
 * Makes jars as users of AWS Lambda make them: none of our classes is there to be compiled with.
 */
final class HandlerJar {
  private final Path folder;
  private final Map<String, String> sources = new LinkedHashMap<>();
  private final Map<String, byte[]> entries = new LinkedHashMap<>();

  /**
   * @param folder empty, for what is compiled
   */
  HandlerJar(Path folder) {
    this.folder = folder;
  }

  HandlerJar source(String className, String source) {
    sources.put(className, source);
    return this;
  }

  HandlerJar entry(String name, byte[] content) {
    entries.put(name, content);
    return this;
  }

  /** Puts in what another jar holds, as the shade plugin does. */
  HandlerJar with(Path jar) throws IOException {
    try (var from = new JarFile(jar.toFile())) {
      for (var entry : from.stream().filter(e -> !e.isDirectory()).toList()) {
        if (!entry.getName().startsWith("META-INF/")) {
          entries.put(entry.getName(), from.getInputStream(entry).readAllBytes());
        }
      }
    }
    return this;
  }

  Path build(String name) throws IOException {
    var classes = Files.createDirectories(folder.resolve(name + ".classes"));
    compile(classes);
    try (var files = Files.walk(classes)) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        var entry = classes.relativize(file).toString().replace('\\', '/');
        entries.put(entry, Files.readAllBytes(file));
      }
    }
    var jar = folder.resolve(name);
    try (var out = new JarOutputStream(Files.newOutputStream(jar))) {
      for (var entry : entries.entrySet()) {
        out.putNextEntry(new JarEntry(entry.getKey()));
        out.write(entry.getValue());
        out.closeEntry();
      }
    }
    return jar;
  }

  /** The jar in which a class of AWS lies. */
  static Path jarOf(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private void compile(Path classes) throws IOException {
    var compiler = ToolProvider.getSystemJavaCompiler();
    var units = new ArrayList<JavaFileObject>();
    sources.forEach((className, source) -> units.add(new Source(className, source)));
    var complaints = new StringWriter();
    var classPath = jarOf(Context.class) + ":" + jarOf(KinesisEvent.class);
    var options = List.of("-cp", classPath, "-d", classes.toString(), "-proc:none");
    try (var files = compiler.getStandardFileManager(null, null, null)) {
      boolean compiled = compiler.getTask(complaints, files, null, options, null, units).call();
      assertThat(compiled).as(complaints.toString()).isTrue();
    }
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(String className, String text) {
      super(
          URI.create("string:///" + className.replace('.', '/') + Kind.SOURCE.extension),
          Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }
}

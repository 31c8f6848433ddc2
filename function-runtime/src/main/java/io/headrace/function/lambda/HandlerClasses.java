package io.headrace.function.lambda;

import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The classes of a handler's jars, kept apart from ours and from each other's: a handler sees the
 * JDK, its own jars, and of ours only what AWS Lambda's runtime offers as well. Thread-safe.
 *
 * <p>The interfaces of {@code aws-lambda-java-core} are always ours, since we call them; a copy in
 * the jar is passed over. The classes of {@code aws-lambda-java-events} (and Joda-Time, which they
 * need) are the jar's own where it has them, else ours.
 *
 * <p>AWS's serialization remembers classes for as long as the process lives, and so keeps the
 * loader, closed or not: make one for a handler, and not one for a call.
 */
public final class HandlerClasses extends URLClassLoader {
  static {
    registerAsParallelCapable();
  }

  private static final String RUNTIME = "com.amazonaws.services.lambda.runtime.";

  /** Below {@link #RUNTIME}, not ours before the jar's. */
  private static final List<String> FALLBACKS =
      List.of(RUNTIME + "events.", "org.joda.time.", "org.joda.convert.");

  private final ClassLoader ours = HandlerClasses.class.getClassLoader();

  private HandlerClasses(URL[] jars) {
    super("handler", jars, ClassLoader.getPlatformClassLoader());
  }

  /**
   * @param jars jars, and folders of classes; they are not opened before a class is wanted
   */
  public static HandlerClasses in(List<Path> jars) {
    var urls = new ArrayList<URL>(jars.size());
    for (var jar : jars) {
      try {
        urls.add(jar.toUri().toURL());
      } catch (MalformedURLException impossible) {
        throw new IllegalArgumentException("jar " + jar + ": is not a path", impossible);
      }
    }
    return new HandlerClasses(urls.toArray(URL[]::new));
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    synchronized (getClassLoadingLock(name)) {
      var found = findLoadedClass(name);
      if (found == null && isShared(name)) {
        found = ours.loadClass(name);
      }
      if (found == null) {
        found = own(name);
      }
      if (resolve) {
        resolveClass(found);
      }
      return found;
    }
  }

  private Class<?> own(String name) throws ClassNotFoundException {
    try {
      return super.loadClass(name, false);
    } catch (ClassNotFoundException absent) {
      if (isFallback(name)) {
        return ours.loadClass(name);
      }
      throw absent;
    }
  }

  /** Services of core's interfaces are the jar's alone, as everything else. */
  @Override
  public @Nullable URL getResource(String name) {
    var own = super.getResource(name);
    return own == null && isFallback(name.replace('/', '.')) ? ours.getResource(name) : own;
  }

  @Override
  public Enumeration<URL> getResources(String name) throws IOException {
    var own = super.getResources(name);
    if (own.hasMoreElements() || !isFallback(name.replace('/', '.'))) {
      return own;
    }
    return Collections.enumeration(Collections.list(ours.getResources(name)));
  }

  /** Those of {@code aws-lambda-java-core}. */
  private static boolean isShared(String name) {
    if (!name.startsWith(RUNTIME)) {
      return false;
    }
    var rest = name.substring(RUNTIME.length());
    return rest.indexOf('.') < 0 || rest.startsWith("logging.");
  }

  private static boolean isFallback(String name) {
    return FALLBACKS.stream().anyMatch(name::startsWith);
  }
}

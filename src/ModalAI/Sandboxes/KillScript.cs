using System.Globalization;

namespace ModalAI.Sandboxes;

/// <summary>
/// What kills a command from inside of its sandbox: shell built-ins, grep and sleep only, so that BusyBox images do; its grep needs -z to read beyond a NUL.
/// </summary>
internal static class KillScript
{
    /// <summary>
    /// $1 is NAME=VALUE, which the processes have in their environment or an ancestor has; $2 is how many tenths of a second they get to end by themselves.
    /// Exit code 0 says that none is left.
    /// </summary>
    /// <remarks>
    /// Each process is stopped as soon as it is found: what is stopped starts no more children, so that the search comes to its end however fast they are
    /// being started. What is found before the time to end by itself is remembered with its start time, since a child that has cleared its environment can't
    /// be found any more when its ancestors are gone.
    /// </remarks>
    public const string Text =
        """
        mark=$1
        grace=$2
        seen=

        find_all() {
          pids=" "
          new=" "
          for file in $(grep -lszF -e "$mark" /proc/[0-9]*/environ 2>/dev/null); do
            pid=${file#/proc/}
            new="$new${pid%/environ} "
          done
          while [ -n "${new# }$seen" ]; do
            kill -STOP $new 2>/dev/null
            pids="$pids$new"
            new=" "
            for stat in /proc/[0-9]*/stat; do
              read -r line 2>/dev/null <"$stat" || continue
              pid=${line%% *}
              set -- ${line##*) }
              [ "$1" = Z ] && continue
              case "$pids$new" in *" $pid "*) continue ;; esac
              case "$pids" in *" $2 "*) new="$new$pid " ;; esac
              case "$seen" in *" $pid/${20} "*) new="$new$pid " ;; esac
            done
            [ "$new" = " " ] && break
          done
        }

        remember() {
          seen=" "
          for pid in $pids; do
            read -r line 2>/dev/null <"/proc/$pid/stat" || continue
            set -- ${line##*) }
            seen="$seen$pid/${20} "
          done
        }

        is_left() {
          grep -qszF -e "$mark" /proc/[0-9]*/environ 2>/dev/null && return
          for process in $seen; do
            pid=${process%/*}
            read -r line 2>/dev/null <"/proc/$pid/stat" || continue
            set -- ${line##*) }
            [ "$1" != Z ] && [ "$process" = "$pid/${20}" ] && return
          done
          return 1
        }

        if [ "$grace" -gt 0 ]; then
          find_all
          remember
          kill -TERM $pids 2>/dev/null
          kill -CONT $pids 2>/dev/null
          while is_left && [ "$grace" -gt 0 ]; do
            sleep 0.1 2>/dev/null || { sleep 1; grace=$((grace - 9)); }
            grace=$((grace - 1))
          done
        fi

        round=0
        while [ "$round" -lt 20 ]; do
          round=$((round + 1))
          find_all
          case $pids in *[0-9]*) ;; *) exit 0 ;; esac
          kill -KILL $pids 2>/dev/null
        done
        exit 1
        """;

    /// <summary>A time as the script takes it, rounded up.</summary>
    public static string Tenths(TimeSpan time) => Math.Ceiling(time.TotalMilliseconds / 100).ToString(CultureInfo.InvariantCulture);
}

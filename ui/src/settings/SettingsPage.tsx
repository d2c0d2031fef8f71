import { useTranslation } from "react-i18next";
import { PageBar } from "../parts/PageBar";
import { useMe } from "../queries";
import { Password } from "./Password";
import { Preferences } from "./Preferences";
import { Profile } from "./Profile";
import { Server } from "./Server";
import { Session } from "./Session";
import styles from "./Settings.module.css";

/** The own account, how the page looks, and how the server is. */
export function SettingsPage() {
  const { t } = useTranslation();
  const { data: me } = useMe();
  return (
    <>
      <PageBar title={t("settings")} />
      <div className={styles.scroll}>
        <div className={styles.column}>
          {me && <Profile me={me} />}
          {me && <Password me={me} />}
          <Preferences />
          {me && <Session me={me} />}
          <Server />
        </div>
      </div>
    </>
  );
}
